import assert from 'node:assert/strict';
import { callDetail } from '../../../src/extension/cinema/call-detail.ts';
import { stateItems } from '../../../src/extension/cinema/state-items.ts';
import { callLine } from '../../../src/extension/editor/call-text.ts';
import type { Finding } from '../../../src/tracer/finding/finding.ts';
import { smallFilm } from '../adapter/scripted-trace.ts';

describe('what the cinema is told about a call', () => {
  const { film, request, first, innerOne, innerTwo, query, at } = smallFilm();
  const recording = film.recording();

  it('has arguments, outcome, parents, children and the state around it', () => {
    const detail = callDetail(recording, first.call, []);
    assert.ok(detail?.body.kind === 'call');
    assert.equal(detail.duration, at(48));
    assert.deepEqual(
      detail.parents.map(({ name }) => name),
      ['GET /tasks/7'],
    );
    assert.deepEqual(
      detail.children.map(({ call }) => call),
      [innerOne.call, innerTwo.call],
    );
    assert.equal(detail.body.args.length, 3);
    assert.equal(detail.body.outcome.kind, 'fulfilled');
    assert.equal(detail.states.length, 1);
    assert.deepEqual(detail.states[0]?.before, { $: 'map', entries: [[7, 1]] });
    assert.equal(detail.states[0]?.diff.length, 1);
  });

  it('tells a rejection, a request and a query from each other', () => {
    const failed = callDetail(recording, innerTwo.call, []);
    assert.ok(failed?.body.kind === 'call');
    assert.equal(failed.body.outcome.kind, 'rejected');
    assert.equal(failed.span.failed, true);
    const http = callDetail(recording, request.call, []);
    assert.deepEqual(http?.body, { kind: 'http', method: 'GET', url: '/tasks/7', status: 200, aborted: false });
    const db = callDetail(recording, query.call, []);
    assert.ok(db?.body.kind === 'db');
    assert.deepEqual([db.body.statement, db.body.params, db.body.rows], ['SELECT 1', [7], 3]);
  });

  it('names the findings it is evidence of', () => {
    const finding = { id: 'f', evidence: { calls: [first.call], events: [] } } as unknown as Finding;
    assert.deepEqual(callDetail(recording, first.call, [finding])?.findings, ['f']);
    assert.deepEqual(callDetail(recording, query.call, [finding])?.findings, []);
  });

  it('knows nothing of a call that is not there', () => {
    assert.equal(callDetail(recording, 12_345, []), null);
  });

  it('gives the state of a moment with the call that made it', () => {
    const before = stateItems(recording, at(110)).find(({ key }) => key === 7);
    assert.equal(before, undefined);
    const after = stateItems(recording, at(126)).find(({ key }) => key === 7);
    assert.deepEqual([after?.value, after?.before, after?.by?.call], [2, 1, first.call]);
  });

  it('writes a call as one line', () => {
    const short = callLine(recording, innerOne.call);
    assert.equal(short, "('a') → 'done' · 15.0 ms");
    assert.equal(callLine(recording, innerTwo.call), "('b') ✗ Error: no · 10.0 ms");
    assert.equal(callLine(recording, query.call), '→ 3 rows · 12.0 ms');
    assert.match(callLine(recording, first.call), /‹redacted: password›/);
  });
});
