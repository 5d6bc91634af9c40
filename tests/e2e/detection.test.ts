/** A validation that cannot fail proves nothing: each kind of fault is put in, and must be found and named. */

import { describe, expect, it } from 'vitest';
import type { Subject } from '../../compiler/validate/subject.js';
import { checkAccesses, validateNetwork } from '../../compiler/validate/validate.js';
import { randomSamples } from '../../compiler/validate/vectors.js';
import { allNetworks } from '../models/index.js';
import { hasTarget } from '../tools.js';
import { subjectOf } from './subject.js';

/** The subject with one of its files changed; the change must take. */
function tampered(subject: Subject, file: string, change: (text: string) => string): Subject {
  const text = subject.files.get(file)!;
  const changed = change(text);
  expect(changed).not.toBe(text);
  return { ...subject, files: new Map([...subject.files, [file, changed]]) };
}

/** An arena byte that belongs to no buffer of a step, or null. */
function forbiddenByte({ plan }: Subject, index: number): number | null {
  const step = plan.steps[index];
  const own = new Set([step.output.buffer, step.scratch?.buffer ?? null, ...step.inputs.map((view) => view.buffer)]);
  const spans = plan.buffers.filter((b) => own.has(b.id));
  for (let at = plan.arenaBytes - 1; at >= 0; at--) {
    if (!spans.some((b) => b.offsetBytes <= at && at < b.offsetBytes + b.bytes)) return at;
  }
  return null;
}

const validate = (subject: Subject, on: 'host' | 'qemu' = 'qemu') =>
  validateNetwork(subject, {
    on,
    samples: randomSamples(subject.graph, 3, 5),
    expected: null,
    labels: null,
    tolerance: 0,
  });

describe.skipIf(!hasTarget())('validation finds', () => {
  const good = subjectOf(allNetworks['dsCnn'](), { core: 'cortex-m3' });
  /** The third step, by its function in the generated C. */
  const step = good.plan.steps[2];
  const call = new RegExp(`(${step.kernel}\\(&net_params_2, [^;]*;)`);

  it('a layer that computes something else, and says which', async () => {
    const document = await validate(
      tampered(good, 'net.c', (c) => c.replace(call, '$1\n  out.data[1] = (int8_t)(out.data[1] ^ 0x40);')),
    );
    expect(document.ok).toBe(false);
    expect(document.mismatchedBytes).toBeGreaterThan(0);
    const node = good.graph.nodes[step.node];
    expect(document.firstMismatch?.layer).toMatchObject({ step: 2, node: node.name, kernel: step.kernel });
    expect(document.diagnostics[0]).toMatchObject({
      code: 'E700',
      message: expect.stringContaining(`step 2, conv2d "${node.name}"`),
    });
  });

  it('the same on the host', async () => {
    const document = await validate(
      tampered(good, 'net.c', (c) => c.replace(call, '$1\n  out.data[1] = (int8_t)(out.data[1] ^ 0x40);')),
      'host',
    );
    expect(document.firstMismatch?.layer?.step).toBe(2);
  });

  it('an arena that is larger than need be', async () => {
    const larger = { ...good, plan: { ...good.plan, arenaBytes: good.plan.arenaBytes + 16 } };
    const document = await validate(
      tampered(larger, 'net.h', (h) =>
        h.replace(/(_ARENA_BYTES) (\d+)/, (_, name: string, n: string) => `${name} ${Number(n) + 16}`),
      ),
    );
    expect(document.diagnostics).toEqual([
      expect.objectContaining({
        code: 'E702',
        message: `the plan has an arena of ${good.plan.arenaBytes + 16} bytes and ${good.plan.arenaBytes} were touched`,
      }),
    ]);
  });

  it('a write behind the arena', async () => {
    const document = await validate(
      tampered(good, 'net.c', (c) => c.replace(call, `$1\n  arena[${good.plan.arenaBytes}] = 1;`)),
    );
    expect(document.guardsIntact).toBe(false);
    expect(document.diagnostics.map((d) => d.code)).toContain('E701');
  });

  it('more stack than its bound', async () => {
    const document = await validate(
      tampered(good, 'net.c', (c) => c.replace(call, '{ volatile int8_t big[2000]; big[y] = 1; (void)big[y]; }\n  $1')),
    );
    expect(document.diagnostics).toEqual([expect.objectContaining({ code: 'E703' })]);
    expect(document.stackBytes!.touched).toBeGreaterThan(2000);
  });

  it('a state left over from the run before', async () => {
    const document = await validate(
      tampered(good, 'net.c', (c) =>
        c
          .replace(
            call,
            '$1\n  for (int i = 0; i < 64; i++) { out.data[i] = (int8_t)(out.data[i] ^ ((counter & 2) << 5)); }\n  counter++;',
          )
          .replace(/\nstatic /, '\nstatic int counter;\nstatic '),
      ),
    );
    expect(document.mismatchedBytes).toBeGreaterThan(0);
  });

  it.each([
    ['reads', '(void)*(volatile int8_t *)(arena + AT);'],
    ['writes', '*(volatile int8_t *)(arena + AT) = 3;'],
  ])('a step that %s what it may not', async (does, code) => {
    // The first step that leaves a byte of the arena to others.
    const [index, at] = good.plan.steps.flatMap(({ index: i }): [number, number][] => {
      const free = forbiddenByte(good, i);
      return free === null ? [] : [[i, free]];
    })[0];
    const anyCall = new RegExp(`(${good.plan.steps[index].kernel}\\(&net_params_${index}, [^;]*;)`);
    const bad = tampered(good, 'net.c', (c) => c.replace(anyCall, `$1\n  ${code.replaceAll('AT', String(at))}`));
    const report = await checkAccesses(bad, randomSamples(good.graph, 1, 1)[0]);
    expect(report.violations).toBeGreaterThan(0);
    expect(report.examples.join('\n')).toContain(`step ${index} ${does} 1 bytes at ${at} `);
    expect((await checkAccesses(good, randomSamples(good.graph, 1, 1)[0])).violations).toBe(0);
  });

  it('outputs that someone else sees differently', async () => {
    const [sample] = randomSamples(good.graph, 1, 5);
    const exact = await validateNetwork(good, {
      on: 'host',
      samples: [sample],
      expected: [[new Int8Array(12)]],
      labels: null,
      tolerance: 0,
    });
    expect(exact.reference.mismatchedBytes).toBe(0);
    expect([exact.ok, exact.mismatchedBytes > 0]).toEqual([false, true]);
    const loose = await validateNetwork(good, {
      on: 'host',
      samples: [sample],
      expected: [[new Int8Array(12)]],
      labels: null,
      tolerance: 255,
    });
    expect([loose.ok, loose.mismatchedBytes]).toEqual([true, 0]);
  });
});
