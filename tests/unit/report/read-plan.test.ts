import { describe, expect, it } from 'vitest';
import { RivuletError } from '../../../compiler/diagnostics.js';
import { reportHtml } from '../../../compiler/report/html.js';
import { planDocument, planJson } from '../../../compiler/report/model.js';
import { readPlan } from '../../../compiler/report/read-plan.js';
import { fixtureFacts } from '../codegen/fixture.js';
import { fusedFacts } from '../codegen/fused.js';

const messages = (text: string): readonly string[] => {
  try {
    readPlan(text, 'plan.json');
  } catch (error) {
    if (error instanceof RivuletError) return error.diagnostics.map((d) => `${d.code} ${d.message}`);
    throw error;
  }
  return [];
};

describe('readPlan', () => {
  it('reads what compile writes, and the report of it is the same', () => {
    for (const facts of [fixtureFacts(), fusedFacts('mixed'), fusedFacts('sliding'), fusedFacts('patch')]) {
      const document = planDocument(facts);
      expect(reportHtml(readPlan(planJson(document), 'plan.json'))).toBe(reportHtml(document));
    }
  });

  it('says what is wrong with another file: E170', () => {
    expect(messages('{')[0]).toMatch(/^E170 is not JSON/);
    expect(messages('[]')[0]).toMatch(/^E170 holds no plan: the file/);
    expect(messages('{"schema":"rivulet.validate/1"}')[0]).toMatch(/^E170 holds no plan: schema/);
    const good = planDocument(fixtureFacts());
    const bad = (change: object): string => JSON.stringify({ ...good, ...change });
    expect(messages(bad({ steps: [...good.steps].reverse() }))).toEqual([
      'E170 holds no plan: steps.0 is out of its place',
    ]);
    expect(messages(bad({ buffers: [{ ...good.buffers[0], bytes: 1e12 }] }))).toEqual([
      'E170 holds no plan: buffer 0 reaches beyond the last step or the arena',
    ]);
    expect(messages(bad({ buffers: [{ ...good.buffers[0], kind: 'x" onload="' }] }))[0]).toMatch(
      /^E170 holds no plan: buffers\.0\.kind/,
    );
  });
});
