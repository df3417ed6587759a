import assert from 'node:assert/strict';
import type { RecordingManifest } from '../../../src/tracer/store/manifest.ts';
import { manifestFrom } from '../../../src/tracer/store/manifest-schema.ts';
import { Trace } from '../finding/trace.ts';
import { manifest } from './fixture.ts';

/** A manifest with something in every place. */
function full(): RecordingManifest {
  const trace = new Trace();
  const root = trace.http();
  trace.run(root, 'SELECT id FROM tasks', 20, 5);
  for (let i = 0; i < 5; i++) trace.run(root, 'SELECT 1');
  const [a, b] = [trace.enter(1, root, [{ $: 'cut', why: 'depth' }]), trace.enter(1, root, [1, { $: 'undefined' }])];
  for (const call of [a, b]) trace.read(call, 'k', null);
  for (const [i, call] of [a, b].entries()) trace.write(call, 'k', null, i);
  const base = manifest();
  const because = 'reads and writes';
  const predicted = { callsPerSecond: 10, eventsPerSecond: 20, overheadPercent: 0.1 };
  return {
    ...base,
    endedMs: 5,
    state: 'complete',
    overhead: { percent: 0.1, agentMs: 1, wallMs: 1000, method: 'sum' },
    plan: {
      version: 1,
      question: 'why?',
      strategy: 'full',
      limits: { overheadPercent: 5, eventsPerSecond: 1, memoryMB: 2 },
      notes: ['a note'],
      probes: [
        { kind: 'function', at: 'a.ts#f', capture: ['args'], when: 'args[0] > 1', sample: 0.5, because, predicted },
        { kind: 'watch', at: 'a.ts#A', path: 'slots', because },
        { kind: 'library', library: 'pg' },
      ],
    },
    probes: base.probes.map((probe, i) => ({
      ...probe,
      audit: i === 0 ? null : i === 1 ? { v8: 2, recorded: 2 } : { v8: 2, recorded: 1, by: 'breakpoint' as const },
      predictedCallsPerSecond: i,
    })),
    findings: trace.findings(),
    segments: [{ file: 'events-000001.jsonl', firstSeq: 0, events: 3, bytes: 9, fromNs: 0, toNs: 4 }],
  };
}

describe('manifest', () => {
  it('comes back from disk with everything it had', () => {
    const made = full();
    assert.equal(made.findings.length, 2);
    assert.deepEqual(manifestFrom(JSON.parse(JSON.stringify(made))), made);
  });

  it('leaves out what it does not know, and refuses what is no manifest', () => {
    const made = full();
    const extended = JSON.parse(`{"__proto__":{"x":1},"evil":1,${JSON.stringify(made).slice(1)}`);
    const read = manifestFrom(extended);
    assert.deepEqual(read, made);
    assert.ok(read !== null && !('evil' in read) && !('x' in read));
    for (const wrong of [
      null,
      5,
      [],
      {},
      { ...made, version: 2 },
      { ...made, originMs: '5' },
      { ...made, probes: {} },
    ]) {
      assert.equal(manifestFrom(wrong), null);
    }
  });
});
