import assert from 'node:assert/strict';
import type { CapturedValue } from '../../../src/tracer/event/value.ts';
import { diffValues } from '../../../src/tracer/query/diff.ts';
import { historyOf, stateAt } from '../../../src/tracer/query/state.ts';
import { Recording } from '../../../src/tracer/store/recording.ts';
import { Trace, UNDEFINED } from '../finding/trace.ts';
import { manifest } from '../store/fixture.ts';

function recorded(trace: Trace): Recording {
  const recording = Recording.live(manifest());
  recording.append(trace.events);
  return recording;
}

const object = (entries: readonly (readonly [string, CapturedValue])[]): CapturedValue => ({ $: 'object', entries });

describe('state at a moment', () => {
  it('gives per place the last value, since when, by whom, and the difference to before', () => {
    const trace = new Trace();
    const call = trace.enter(1);
    trace.write(call, 3, object([['user', null]]), object([['user', 7]]));
    trace.write(call, 4, UNDEFINED, 1);
    trace.write(call, 3, object([['user', 7]]), object([['user', 9]]));
    const recording = recorded(trace);
    assert.deepEqual(stateAt(recording, 1e6), []);
    const [early] = stateAt(recording, 3.5e6);
    assert.deepEqual(early?.value, object([['user', 7]]));
    const [three, four, ...rest] = stateAt(recording, 4e6);
    assert.deepEqual(rest, []);
    assert.deepEqual(three?.value, object([['user', 9]]));
    assert.equal(three?.since, 4e6);
    assert.equal(three?.by, call.call);
    assert.deepEqual(three?.diff, [{ path: '.user', op: 'changed', before: 7, after: 9 }]);
    assert.deepEqual([four?.key, four?.value, four?.since], [4, 1, 3e6]);
  });

  it('agrees with replaying everything, at every moment of a random history', () => {
    const trace = new Trace();
    const call = trace.enter(1);
    const now = new Map<number, number>();
    const wanted: (readonly [number, Map<number, number>])[] = [];
    let state = 42;
    const pick = (n: number): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
      return (state >> 8) % n;
    };
    for (let i = 0; i < 3_000; i++) {
      const key = pick(40);
      const before = now.get(key) ?? UNDEFINED;
      const kind = pick(60);
      if (kind === 0) {
        trace.write(call, null, UNDEFINED, UNDEFINED, 'slots', 'clear');
        now.clear();
      } else if (kind < 15) {
        trace.write(call, key, before, UNDEFINED, 'slots', 'delete');
        now.delete(key);
      } else if (kind < 30) trace.read(call, key, before);
      else {
        trace.write(call, key, before, i);
        now.set(key, i);
      }
      wanted.push([trace.t, new Map(now)]);
    }
    const recording = recorded(trace);
    for (let i = 0; i < wanted.length; i += 37) {
      const [t, map] = wanted[i] as readonly [number, Map<number, number>];
      const present = stateAt(recording, t).filter((e) => e.key !== null && e.present && typeof e.value === 'number');
      assert.deepEqual(new Map(present.map((e) => [e.key, e.value])), map, `at ${t}`);
    }
  });

  it('shows what reads and snapshots reveal, once, and who changed it where that is known', () => {
    const trace = new Trace();
    const call = trace.enter(1);
    const snapshot = (when: 'before' | 'after', value: CapturedValue): void => {
      trace.emit({ type: 'state.snapshot', call: call.call, probe: 1, path: 'this.slots', when, value });
    };
    trace.read(call, 3, 5, 'count');
    trace.read(call, 3, 5, 'count');
    trace.read(call, 3, 6, 'count');
    snapshot('before', [1].length);
    snapshot('after', 2);
    const recording = recorded(trace);
    const [count, slots] = stateAt(recording, 1e9);
    assert.deepEqual([count?.value, count?.before, count?.since, count?.by, count?.source], [6, 5, 4e6, null, 'read']);
    assert.deepEqual([slots?.value, slots?.before, slots?.by, slots?.holder], [2, 1, call.call, null]);
    assert.deepEqual(
      historyOf(recording, { watch: 'count' }).map((entry) => entry.value),
      [5, 6],
    );
  });

  it('can be narrowed to a path or a key', () => {
    const trace = new Trace();
    const call = trace.enter(1);
    trace.write(call, 3, null, 1);
    trace.write(call, 'a b', null, 2);
    trace.write(call, null, null, 3, 'slotsUsed');
    const recording = recorded(trace);
    const keys = (watch: string) => stateAt(recording, 1e9, { watch }).map((entry) => entry.value);
    assert.deepEqual(keys('slots'), [2, 1]);
    assert.deepEqual(keys('this.slots'), [2, 1]);
    assert.deepEqual(keys('slots[3]'), [1]);
    assert.deepEqual(keys("slots['a b']"), [2]);
    assert.deepEqual(keys('slotsUsed'), [3]);
    assert.deepEqual(keys('nothing'), []);
    assert.equal(stateAt(recording, 1e9, { limit: 2 }).length, 2);
  });
});

describe('difference of captured values', () => {
  const array = (...items: CapturedValue[]): CapturedValue => ({ $: 'array', items });
  it('names what changed, was added and removed, at its path', () => {
    const before = object([
      ['a', 1],
      ['b', array(1, 2, 3)],
      ['c d', object([['x', 'y']])],
    ]);
    const after = object([
      ['a', 2],
      ['b', array(2, 3)],
      ['e', null],
      ['c d', object([['x', 'z']])],
    ]);
    assert.deepEqual(diffValues(before, after), [
      { path: '.a', op: 'changed', before: 1, after: 2 },
      { path: '.b[0]', op: 'removed', before: 1, after: null },
      { path: '.e', op: 'added', before: null, after: null },
      { path: '["c d"].x', op: 'changed', before: 'y', after: 'z' },
    ]);
  });
  it('compares maps by key and sets by member', () => {
    const map = (...entries: [CapturedValue, CapturedValue][]): CapturedValue => ({ $: 'map', entries });
    assert.deepEqual(diffValues(map([1, 'a'], [2, 'b']), map([2, 'c'], [1, 'a'])), [
      { path: '[2]', op: 'changed', before: 'b', after: 'c' },
    ]);
    assert.deepEqual(diffValues({ $: 'set', items: [1, 2] }, { $: 'set', items: [2, 3] }), [
      { path: '(3)', op: 'added', before: null, after: 3 },
      { path: '(1)', op: 'removed', before: 1, after: null },
    ]);
  });
  it('says something for every pair of different values, and nothing for equal ones', () => {
    const values: CapturedValue[] = [
      null,
      1,
      'a',
      UNDEFINED,
      array(),
      array(1),
      object([]),
      { $: 'array', items: [], length: 5 },
      { $: 'cut', why: 'depth' },
    ];
    for (const [i, a] of values.entries()) {
      for (const [j, b] of values.entries()) assert.equal(diffValues(a, b).length > 0, i !== j, `${i} ${j}`);
    }
  });
  it('is bounded', () => {
    const many = (n: number): CapturedValue => array(...Array.from({ length: 5_000 }, (_, i) => i * n));
    assert.equal(diffValues(many(1), many(2)).length, 200);
  });
});
