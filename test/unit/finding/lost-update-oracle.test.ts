import assert from 'node:assert/strict';
import { sameValue } from '../../../src/tracer/event/value.ts';
import { Trace } from './trace.ts';

/** Small deterministic generator (mulberry32), so that a failing schedule can be run again. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

interface Step {
  readonly call: number;
  readonly key: number;
  readonly isWrite: boolean;
  readonly before: number;
  readonly value: number;
}

/** Every write that overwrote an update it had not seen, by looking at all pairs: slow and plain. */
function oracle(steps: readonly Step[], parents: ReadonlyMap<number, number | null>): number {
  const chain = (call: number): number[] => {
    const parent = parents.get(call) ?? null;
    return parent === null ? [call] : [call, ...chain(parent)];
  };
  const basisOf = (at: number): { readonly actor: number; readonly step: number } | null => {
    const { call, key } = steps[at] as Step;
    for (const actor of chain(call)) {
      const own = steps.flatMap((step, i) =>
        i < at && step.key === key && chain(step.call).includes(actor) ? [i] : [],
      );
      if (own.some((i) => !(steps[i] as Step).isWrite)) return { actor, step: own.at(-1) as number };
    }
    return null;
  };
  const isLost = (by: number): boolean => {
    const byBasis = basisOf(by);
    if (byBasis === null) return false;
    for (let lost = by - 1; lost > byBasis.step; lost--) {
      const other = steps[lost] as Step;
      const mine = steps[by] as Step;
      if (!other.isWrite || other.key !== mine.key) continue;
      const basis = basisOf(lost);
      if (basis === null || chain(basis.actor).includes(byBasis.actor) || chain(byBasis.actor).includes(basis.actor))
        continue;
      if (!sameValue((steps[basis.step] as Step).value, (steps[byBasis.step] as Step).value)) continue;
      // Every value here is a number that a write changes, so equal results are lost steps, too.
      const counted =
        other.before !== other.value && other.value === mine.value && (steps[basis.step] as Step).value !== other.value;
      const nothing = other.before === other.value || mine.before === mine.value || other.value === mine.value;
      if (!nothing || counted) return true;
    }
    return false;
  };
  return steps.filter((step, i) => step.isWrite && isLost(i)).length;
}

describe('lost update detector against all interleavings looked at one by one', () => {
  it('agrees on 2,500 random schedules of nested calls', () => {
    let found = 0;
    for (let seed = 1; seed <= 2_500; seed++) {
      const next = random(seed);
      const pick = (n: number): number => Math.floor(next() * n);
      const trace = new Trace();
      const parents = new Map<number, number | null>();
      const calls: { readonly call: number; readonly root: number; readonly start: number }[] = [];
      for (let i = 0; i < 2 + pick(4); i++) {
        const parent = calls.length > 0 && next() < 0.3 ? (calls[pick(calls.length)] ?? null) : null;
        const call = trace.enter(1, parent, [i]);
        parents.set(call.call, parent?.call ?? null);
        calls.push(call);
      }
      const state = [0, 0];
      const steps: Step[] = [];
      for (let i = 0; i < 12 + pick(20); i++) {
        const call = calls[pick(calls.length)] as (typeof calls)[number];
        const key = pick(state.length);
        const before = state[key] as number;
        const isWrite = next() < 0.4;
        const value = isWrite ? pick(3) : before;
        if (isWrite) trace.write(call, key, before, value);
        else trace.read(call, key, value);
        state[key] = value;
        steps.push({ call: call.call, key, isWrite, before, value });
      }
      const expected = oracle(steps, parents);
      const counted = trace.findings().reduce((sum, finding) => sum + finding.count, 0);
      assert.equal(counted, expected, `seed ${seed}: ${JSON.stringify(steps)}`);
      found += expected;
    }
    assert.ok(found > 300, `the schedules hold too few lost updates to tell anything: ${found}`);
  });
});
