import assert from 'node:assert/strict';
import { searchSpan, stepSpan } from '../../../src/extension/cinema/find-span.ts';
import { Film, MS } from '../../ui/film.ts';

describe('finding spans for the cinema', () => {
  const film = new Film();
  const a = film.target('a.js');
  const b = film.target('b.js');
  const probe = film.probe(a, 'Orders.place', { file: '/app/orders.ts', line: 3, column: 0 });
  const calls = [10, 20, 20, 500, 90_000].map((ms, i) =>
    film.call(probe, a, ms * MS, (ms + 1) * MS, { args: [`customer-${i}`] }),
  );
  const other = film.call(probe, b, 15 * MS, 16 * MS, { args: ['elsewhere'] });
  const recording = film.recording();
  const id = (i: number): number => calls[i]?.call ?? -1;

  it('steps through the calls of one process in order of start, ties included, over long gaps', () => {
    const seen: (number | undefined)[] = [];
    for (let call: number | null = id(0); call !== null; ) {
      seen.push(call);
      call = stepSpan(recording, { call, t: 0, direction: 1 }).span?.call ?? null;
    }
    assert.deepEqual(seen, [0, 1, 2, 3, 4].map(id));
    assert.equal(stepSpan(recording, { call: id(4), t: 0, direction: -1 }).span?.call, id(3));
    assert.equal(stepSpan(recording, { call: id(2), t: 0, direction: -1 }).span?.call, id(1));
    assert.equal(stepSpan(recording, { call: id(0), t: 0, direction: -1 }).span, null);
  });

  it('starts from the playhead, in any process, when no call is selected', () => {
    assert.equal(stepSpan(recording, { call: null, t: 12 * MS, direction: 1 }).span?.call, other.call);
    assert.equal(stepSpan(recording, { call: null, t: 12 * MS, direction: -1 }).span?.call, id(0));
    assert.equal(stepSpan(recording, { call: null, t: 100_000 * MS, direction: 1 }).span, null);
  });

  it('searches names and values around the end, and counts', () => {
    const first = searchSpan(recording, 'orders.place', { call: null, t: 0, direction: 1 });
    assert.deepEqual([first.span?.call, first.index, first.total], [id(0), 0, 6]);
    const around = searchSpan(recording, 'Orders.place', { call: id(4), t: 0, direction: 1 });
    assert.deepEqual([around.span?.call, around.index], [id(0), 0]);
    const back = searchSpan(recording, 'Orders.place', { call: id(0), t: 0, direction: -1 });
    assert.deepEqual([back.span?.call, back.index], [id(4), 5]);
    const one = searchSpan(recording, 'customer-3', { call: null, t: 0, direction: 1 });
    assert.deepEqual([one.span?.call, one.total], [id(3), 1]);
  });

  it('says that nothing matches', () => {
    const found = searchSpan(recording, 'nobody', { call: null, t: 0, direction: 1 });
    assert.deepEqual(found, { span: null, index: -1, total: 0 });
  });
});
