import assert from 'node:assert/strict';
import type { CapturedValue } from '../../../src/tracer/event/value.ts';
import type { LostUpdateDetails } from '../../../src/tracer/finding/finding.ts';
import { Trace, UNDEFINED } from './trace.ts';

const ASSIGN = 1;

function lostUpdates(trace: Trace) {
  return trace.findings().filter((finding) => finding.detector === 'lost-update');
}

function first(trace: Trace): LostUpdateDetails {
  const [finding] = lostUpdates(trace);
  assert.ok(finding);
  return finding.details as LostUpdateDetails;
}

/** Two calls of assignTask(3, user) whose reads both come before both writes. */
function classic(trace: Trace, first: CapturedValue = 7, second: CapturedValue = 9, read: CapturedValue = null): void {
  const a = trace.enter(ASSIGN, trace.http('POST', '/tasks/3/assign'), [3, first]);
  const b = trace.enter(ASSIGN, trace.http('POST', '/tasks/3/assign'), [3, second]);
  trace.read(a, 3, read);
  trace.read(b, 3, read);
  trace.write(a, 3, read, first);
  trace.write(b, 3, first, second);
  trace.exit(a, ASSIGN);
  trace.exit(b, ASSIGN);
}

describe('lost update detector', () => {
  it('reports two requests that both read, then both write, with both calls and what they saw', () => {
    const trace = new Trace();
    classic(trace);
    const [finding, ...rest] = lostUpdates(trace);
    assert.ok(finding);
    assert.deepEqual(rest, []);
    assert.equal(finding.confidence, 'high');
    assert.equal(finding.severity, 'error');
    assert.equal(finding.location?.line, 10);
    const details = finding.details as LostUpdateDetails;
    const shown = ({ function: name, args, read, wrote, readAt, wroteAt }: LostUpdateDetails['by']) => ({
      name,
      args,
      read,
      wrote,
      readAt,
      wroteAt,
    });
    const name = 'TaskManager.assignTask';
    assert.deepEqual(shown(details.lost), { name, args: [3, 7], read: null, wrote: 7, readAt: 5e6, wroteAt: 7e6 });
    assert.deepEqual(shown(details.by), { name, args: [3, 9], read: null, wrote: 9, readAt: 6e6, wroteAt: 8e6 });
    assert.deepEqual(finding.evidence.events, [4, 5, 6, 7]);
    assert.match(finding.explanation, /assignTask\(3, 9\) read slots\[3\] as null at 6\.0 ms and wrote 9 at 8\.0 ms/);
  });

  it('is silent on the corrected code: a lock, so that the second reads after the first has written', () => {
    const trace = new Trace();
    const a = trace.enter(ASSIGN, trace.http(), [3, 7]);
    const b = trace.enter(ASSIGN, trace.http(), [3, 9]);
    trace.read(a, 3, null);
    trace.write(a, 3, null, 7);
    trace.read(b, 3, 7);
    trace.write(b, 3, 7, 9);
    assert.deepEqual(lostUpdates(trace), []);
  });

  it('is silent when the second looks again before it writes', () => {
    const trace = new Trace();
    const a = trace.enter(ASSIGN);
    const b = trace.enter(ASSIGN);
    trace.read(a, 3, null);
    trace.read(b, 3, null);
    trace.write(a, 3, null, 7);
    trace.read(b, 3, 7);
    trace.write(b, 3, 7, 9);
    assert.deepEqual(lostUpdates(trace), []);
  });

  it('is silent when calls follow each other', () => {
    const trace = new Trace();
    for (let user = 1; user < 20; user++) {
      const call = trace.enter(ASSIGN, null, [3, user]);
      trace.read(call, 3, user - 1);
      trace.write(call, 3, user - 1, user);
      trace.exit(call, ASSIGN);
    }
    assert.deepEqual(lostUpdates(trace), []);
  });

  it('tells keys, paths and holders apart', () => {
    const trace = new Trace();
    const a = trace.enter(ASSIGN);
    const b = trace.enter(ASSIGN);
    for (const [call, key, path, holder] of [
      [a, 1, 'slots', 7],
      [b, 2, 'slots', 7],
      [b, 1, 'other', 7],
      [b, 1, 'slots', 8],
    ] as const) {
      trace.read(call, key, null, path, holder);
    }
    trace.write(a, 1, null, 5);
    trace.write(b, 2, null, 6);
    trace.write(b, 1, null, 6, 'other');
    trace.write(b, 1, null, 6, 'slots', 'set', 8);
    assert.deepEqual(lostUpdates(trace), []);
  });

  it('reports a counter although both wrote the same number', () => {
    const trace = new Trace();
    const a = trace.enter(5);
    const b = trace.enter(6);
    trace.read(a, null, 3, 'count');
    trace.read(b, null, 3, 'count');
    trace.write(a, null, 3, 4, 'count');
    trace.write(b, null, 4, 4, 'count');
    const [finding] = lostUpdates(trace);
    assert.equal(finding?.title, 'Lost update of count: B.b overwrites A.a');
    const object = new Trace();
    const counting = (count: number): CapturedValue => ({ $: 'object', entries: [['count', count]] });
    classic(object, counting(4), counting(4), counting(3));
    assert.equal(lostUpdates(object).length, 1);
  });

  it('is silent when both wrote the same, and when both initialised what was absent', () => {
    for (const [value, read] of [
      ['done', 'todo'],
      [true, false],
      [0, UNDEFINED],
      [{ $: 'array', items: [] }, UNDEFINED],
      [7, null],
    ] as const) {
      const trace = new Trace();
      classic(trace, value as CapturedValue, value as CapturedValue, read as CapturedValue);
      assert.deepEqual(lostUpdates(trace), [], JSON.stringify(value));
    }
  });

  it('is silent when the earlier write changed nothing, or deleted what was not there', () => {
    const same = new Trace();
    classic(same, 'todo', 'done', 'todo');
    assert.deepEqual(lostUpdates(same), []);
    const absent = new Trace();
    const a = absent.enter(ASSIGN);
    const b = absent.enter(ASSIGN);
    absent.read(a, 3, UNDEFINED);
    absent.read(b, 3, UNDEFINED);
    absent.write(a, 3, UNDEFINED, UNDEFINED, 'slots', 'delete');
    absent.write(b, 3, UNDEFINED, 9);
    assert.deepEqual(lostUpdates(absent), []);
  });

  it('is silent on blind writes by either', () => {
    const trace = new Trace();
    const a = trace.enter(ASSIGN);
    const b = trace.enter(ASSIGN);
    trace.read(a, 3, null);
    trace.write(b, 3, null, 9);
    trace.write(a, 3, 9, 7);
    trace.write(b, 3, 7, 8);
    assert.deepEqual(lostUpdates(trace), []);
  });

  it('follows reads and writes through helper methods to their common caller', () => {
    const trace = new Trace();
    const calls = [7, 9].map((user) => trace.enter(ASSIGN, trace.http(), [3, user]));
    for (const call of calls) {
      const get = trace.enter(2, call, [3]);
      trace.read(get, 3, null);
      trace.exit(get, 2);
    }
    for (const [i, call] of calls.entries()) {
      const set = trace.enter(3, call, [3]);
      trace.write(set, 3, i === 0 ? null : 7, i === 0 ? 7 : 9);
      trace.exit(set, 3);
    }
    const details = first(trace);
    assert.equal(details.by.function, 'TaskManager.assignTask');
    assert.deepEqual(details.lost.args, [3, 7]);
  });

  it('takes requests as actors where no call is traced', () => {
    const trace = new Trace();
    const a = trace.http('POST', '/tasks/3/assign');
    const b = trace.http('POST', '/tasks/4/assign');
    trace.read(a, 3, null);
    trace.read(b, 3, null);
    trace.write(a, 3, null, 7);
    trace.write(b, 3, 7, 9);
    const [finding] = lostUpdates(trace);
    assert.equal(first(trace).by.function, 'POST /tasks/4/assign');
    assert.equal(finding?.confidence, 'medium');
  });

  it('sees calls running in parallel within one request (Promise.all)', () => {
    const trace = new Trace();
    const request = trace.http();
    const a = trace.enter(ASSIGN, request, [3, 7]);
    const b = trace.enter(ASSIGN, request, [3, 9]);
    trace.read(a, 3, null);
    trace.read(b, 3, null);
    trace.write(a, 3, null, 7);
    trace.write(b, 3, 7, 9);
    assert.equal(lostUpdates(trace).length, 1);
  });

  it('does not accuse a call of overwriting what it had a nested call do', () => {
    const trace = new Trace();
    const outer = trace.enter(ASSIGN);
    trace.read(outer, 3, null);
    const inner = trace.enter(3, outer);
    trace.read(inner, 3, null);
    trace.write(inner, 3, null, 7);
    trace.exit(inner, 3);
    trace.write(outer, 3, 7, 9);
    assert.deepEqual(lostUpdates(trace), []);
  });

  it('counts iteration as reading every key', () => {
    const trace = new Trace();
    const a = trace.enter(ASSIGN);
    const b = trace.enter(ASSIGN);
    trace.read(a, null, { $: 'missing', why: 'off' });
    trace.read(b, null, { $: 'missing', why: 'off' });
    trace.write(a, 3, null, 7);
    trace.write(b, 3, 7, 9);
    const [finding] = lostUpdates(trace);
    assert.equal(finding?.title, 'Lost update of slots[3] in TaskManager.assignTask');
    assert.equal(finding?.confidence, 'medium');
    const correct = new Trace();
    const c = correct.enter(ASSIGN);
    const d = correct.enter(ASSIGN);
    correct.read(c, null, { $: 'missing', why: 'off' });
    correct.read(d, null, { $: 'missing', why: 'off' });
    correct.write(c, 3, null, 7);
    correct.write(d, 4, null, 9);
    assert.deepEqual(lostUpdates(correct), [], 'different keys');
  });

  it('reports a replacement of the whole path that throws away a key written meanwhile', () => {
    const trace = new Trace();
    const a = trace.enter(5);
    const b = trace.enter(6);
    trace.read(b, null, { $: 'map', entries: [] });
    trace.read(a, 3, UNDEFINED);
    trace.write(a, 3, UNDEFINED, 7);
    trace.write(b, null, { $: 'map', entries: [[3, 7]] }, { $: 'map', entries: [] }, 'slots', 'clear');
    const details = first(trace);
    assert.equal(details.key, 3);
    assert.equal(details.by.function, 'B.b');
  });

  it('sees that a second write without a new look overwrites what came between', () => {
    const trace = new Trace();
    const worker = trace.enter(4);
    const cancel = trace.enter(5);
    trace.read(worker, 3, 'todo');
    trace.write(worker, 3, 'todo', 'running');
    trace.read(cancel, 3, 'running');
    trace.write(cancel, 3, 'running', 'cancelled');
    trace.write(worker, 3, 'cancelled', 'completed');
    assert.equal(first(trace).lost.wrote, 'cancelled');
  });

  it('goes on after a call has returned: callbacks act in its name', () => {
    const trace = new Trace();
    const calls = [7, 9].map((user) => trace.enter(ASSIGN, null, [3, user]));
    for (const call of calls) {
      trace.read(call, 3, null);
      trace.exit(call, ASSIGN);
    }
    trace.write(calls[0] ?? null, 3, null, 7);
    trace.write(calls[1] ?? null, 3, 7, 9);
    assert.equal(lostUpdates(trace).length, 1);
  });

  it('works for calls whose start was not seen, and ignores accesses of nobody', () => {
    const trace = new Trace();
    const a = { call: 5, root: 5, start: 0 };
    const b = { call: 6, root: 6, start: 0 };
    trace.read(a, 3, null);
    trace.read(b, 3, null);
    trace.write(a, 3, null, 7);
    trace.write(b, 3, 7, 9);
    assert.match(first(trace).by.function, /before the recording/);
    const nobody = new Trace();
    for (let i = 0; i < 4; i++) nobody.read(null, 3, null);
    for (let i = 0; i < 4; i++) nobody.write(null, 3, i, i + 1);
    assert.deepEqual(lostUpdates(nobody), []);
  });

  it('makes one finding per path and pair of functions, counts, and keeps little evidence', () => {
    const trace = new Trace();
    for (let i = 0; i < 50; i++) classic(trace);
    const found = lostUpdates(trace);
    assert.equal(found.length, 1);
    assert.equal(found[0]?.count, 50);
    assert.ok((found[0]?.evidence.events.length ?? 99) <= 20);
    assert.deepEqual(first(trace).lost.args, [3, 7], 'the first stays');
  });

  it('finds every lost step of a thousand overlapping calls on one key', () => {
    const trace = new Trace();
    const calls = Array.from({ length: 1_000 }, (_, i) => trace.enter(ASSIGN, trace.http(), [3, i]));
    for (const call of calls) trace.read(call, 3, null);
    for (const [i, call] of calls.entries()) trace.write(call, 3, i === 0 ? null : i - 1, i);
    assert.equal(lostUpdates(trace)[0]?.count, 999);
  });

  it('survives hostile events', () => {
    const trace = new Trace();
    const deep: CapturedValue = Array.from({ length: 60 }).reduce<CapturedValue>(
      (inner) => ({ $: 'array', items: [inner] }),
      1,
    );
    const loop = { call: 9, root: 9, start: 0 };
    trace.emit({ type: 'call.enter', call: 9, parent: 9, root: 9, probe: 999, args: [] });
    trace.emit({ type: 'call.enter', call: 10, parent: 11, root: 10, probe: 1, args: [] });
    trace.emit({ type: 'call.enter', call: 11, parent: 10, root: 10, probe: 1, args: [] });
    for (const key of [deep, '__proto__', 'constructor', Number.MAX_VALUE, '\u0000']) {
      trace.read(loop, key, deep);
      trace.read({ call: 11, root: 10, start: 0 }, key, deep);
      trace.write(loop, key, deep, key);
      trace.write({ call: 11, root: 10, start: 0 }, key, key, [deep].length);
    }
    trace.read(loop, '__proto__', '\u001b[31m', '__proto__');
    assert.ok(lostUpdates(trace).length >= 1);
  });
});
