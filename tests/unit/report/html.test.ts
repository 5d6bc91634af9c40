import { describe, expect, it } from 'vitest';
import { reportHtml } from '../../../compiler/report/html.js';
import { planDocument } from '../../../compiler/report/model.js';
import type { PlanDocument } from '../../../compiler/report/plan-document.js';
import { fixtureFacts } from '../codegen/fixture.js';

const evil = '<img src=x onerror=alert(1)>"\'&</script><!--';
const plain = planDocument(fixtureFacts());

describe('reportHtml', () => {
  it('draws from plan.json alone: a document read back from its text gives the same page', () => {
    expect(reportHtml(JSON.parse(JSON.stringify(plain)) as PlanDocument)).toBe(reportHtml(plain));
  });

  it('has no parts outside itself', () => {
    expect(reportHtml(plain)).not.toMatch(/(src|href)\s*=|url\((?!#)|@import|https?:\/\/(?!www\.w3\.org\/2000\/svg)/);
  });

  it('draws each buffer at its address for its lifetime', () => {
    const rectangles = [...reportHtml(plain).matchAll(/<g class="buffer" data-id="(\d+)"><title>([^<]*)<\/title>/g)];
    expect(rectangles.map((m) => m[2])).toContain('sum: activation, 128 bytes at 0, steps 2 to 3');
    expect(rectangles).toHaveLength(plain.buffers.length);
  });

  it('holds no control character of a name, and no mark that turns text around', () => {
    const name = 'a\u0000b\u001b[31m\u202ec\u2067d';
    const page = reportHtml(planDocument(fixtureFacts({ net: 'tiny', model: name, nodes: name })));
    expect(page).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202a-\u202e\u2066-\u2069]/);
    expect(page).toContain('a\\u0000b\\u001b[31m\\u202ec\\u2067d');
  });

  it('sets the plan beside what was allowed, which may be less than the board has', () => {
    const facts = fixtureFacts();
    const page = (sramBytes: number | null, board: typeof facts.board) =>
      reportHtml(planDocument({ ...facts, board, limits: { sramBytes, flashBytes: null } }));
    expect(page(1024, facts.board)).toContain('Test board: all its SRAM</span>');
    expect(page(900, facts.board)).toMatch(/<span>allowed<\/span>.*<span class="n">900 B<\/span>/);
    expect(page(900, null)).toContain('<span>allowed</span>');
    expect(page(null, null)).not.toMatch(/all its SRAM|<span>allowed/);
  });

  it('shows names of a model as text, whatever they hold', () => {
    const page = reportHtml({
      ...planDocument(fixtureFacts({ net: 'tiny', model: evil, nodes: evil })),
      diagnostics: [{ code: 'W101', severity: 'warning', message: evil, node: evil, hint: evil }],
      removedChannels: [{ node: evil, channels: 1, of: 2, reason: evil }],
      reasons: [evil],
    });
    expect(page).not.toContain('<img');
    expect(page.match(/<\/script>/g)).toHaveLength(2);
    expect(page.match(/<script/g)).toHaveLength(2);
    expect(page).not.toContain('<!--');
    const data = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(page)![1];
    expect(JSON.parse(data).steps[0].name).toBe(`${evil}conv_stem`);
  });

  it('draws the front where there is one', () => {
    const point = { executedMacs: 5000, estimatedInstructions: 9000, slowdown: 1, schedule: null };
    const page = reportHtml({
      ...plain,
      pareto: [
        { ...point, peakSramBytes: 700, input: 'resident' },
        { ...point, peakSramBytes: 300, executedMacs: 6000, input: 'streamed' },
      ],
    });
    const [chart] = /<svg id="front"[\s\S]*?<\/svg>/.exec(page)!;
    expect(chart.match(/class="point /g)).toHaveLength(2);
    expect(chart.match(/class="chosen"/g)).toHaveLength(1);
    expect(page).toContain('<h2>SRAM against instructions</h2>');
    expect(reportHtml(plain)).not.toContain('SRAM against instructions');
  });

  it('lays another plan beside it, its names as text too', () => {
    const other = {
      ...planDocument(fixtureFacts({ net: 'tiny', model: evil, nodes: evil })),
      memory: { ...plain.memory, peakSramBytes: plain.memory.peakSramBytes - 100 },
    };
    const page = reportHtml(plain, other);
    expect(page).toContain('id="tab-compare"');
    expect(page).toMatch(/Peak SRAM<\/td><td class="n">\d+<\/td><td class="n">\d+<\/td><td class="n">\+100<\/td>/);
    expect(page).not.toContain('<img');
    expect(reportHtml(plain)).not.toContain('id="tab-compare"');
  });

  it('lets no script or style of another origin in', () => {
    expect(reportHtml(plain)).toContain(
      `content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"`,
    );
  });

  it('says by words where it does not fit', () => {
    expect(reportHtml({ ...plain, fits: false })).toContain('does not fit');
  });
});
