import assert from 'node:assert/strict';
import type { NPlusOneDetails } from '../../../src/tracer/finding/finding.ts';
import { Trace } from './trace.ts';

const LIST = 'SELECT id FROM tasks WHERE project_id = $1';
const ONE = 'SELECT * FROM tasks WHERE id = $1';

function nPlusOnes(trace: Trace) {
  return trace.findings().filter((finding) => finding.detector === 'n-plus-one');
}

function details(trace: Trace): NPlusOneDetails {
  const found = nPlusOnes(trace);
  assert.equal(found.length, 1);
  return found[0]?.details as NPlusOneDetails;
}

/** A request that loads a list and then each of its rows. */
function request(trace: Trace, repeats: number, url = '/projects/12'): void {
  const root = trace.http('GET', url);
  trace.run(root, LIST, 20, repeats);
  for (let i = 0; i < repeats; i++) trace.run(root, ONE);
  trace.httpEnd(root);
}

describe('N+1 detector', () => {
  it('reports exactly five repeats, with everything a person needs', () => {
    const trace = new Trace();
    request(trace, 5);
    const [finding] = nPlusOnes(trace);
    assert.ok(finding);
    assert.deepEqual(finding.location, { file: '/app/src/tasks/task-repository.ts', line: 42, column: 11 });
    assert.equal(finding.confidence, 'high');
    assert.equal(finding.evidence.calls.length, 5);
    const { share, ...rest } = finding.details as NPlusOneDetails;
    assert.deepEqual(rest, {
      kind: 'n-plus-one',
      statement: 'SELECT * FROM tasks WHERE id = ?',
      perRequest: { max: 5, median: 5 },
      requests: 1,
      order: 'sequential',
      source: { statement: 'SELECT id FROM tasks WHERE project_id = ?', rows: 5 },
      root: 'GET /projects/12',
    });
    assert.ok(share > 0.3 && share < 0.7, `${share}`);
    assert.match(finding.title, /N\+1 in GET \/projects\/:id: 5 ×/);
    assert.match(finding.explanation, /task-repository\.ts:42/);
  });

  it('is silent on four', () => {
    const trace = new Trace();
    request(trace, 4);
    assert.deepEqual(nPlusOnes(trace), []);
  });

  it('is silent on the corrected code: one query for all', () => {
    const trace = new Trace();
    for (let i = 0; i < 50; i++) {
      const root = trace.http('GET', `/projects/${i}`);
      trace.run(root, LIST, 20, 30);
      trace.run(root, 'SELECT * FROM tasks WHERE id = ANY($1)', 42, 30);
      trace.httpEnd(root);
    }
    assert.deepEqual(nPlusOnes(trace), []);
  });

  it('makes one finding of many requests to the same route, with maximum and median', () => {
    const trace = new Trace();
    for (const [i, repeats] of [5, 7, 7, 4, 30].entries()) request(trace, repeats, `/projects/${i}?full=1`);
    const { perRequest, requests, root } = details(trace);
    assert.deepEqual(
      { perRequest, requests, root },
      { perRequest: { max: 30, median: 7 }, requests: 4, root: 'GET /projects/4?full=1' },
    );
  });

  it('keeps routes, statements and lines apart', () => {
    const trace = new Trace();
    request(trace, 6, '/projects/1');
    request(trace, 6, '/archive/1');
    const root = trace.http('GET', '/projects/2');
    for (let i = 0; i < 5; i++) trace.run(root, ONE, 99);
    for (let i = 0; i < 5; i++) trace.run(root, 'SELECT * FROM users WHERE id = $1');
    trace.httpEnd(root);
    assert.equal(nPlusOnes(trace).length, 4);
  });

  it('does not add up different lines, statements or requests below five', () => {
    const trace = new Trace();
    for (let i = 0; i < 20; i++) {
      const root = trace.http('GET', '/x');
      for (let line = 1; line <= 4; line++) for (let n = 0; n < 4; n++) trace.run(root, ONE, line);
      trace.httpEnd(root);
    }
    assert.deepEqual(nPlusOnes(trace), []);
  });

  it('sees through interleaved requests and other queries in between', () => {
    const trace = new Trace();
    const a = trace.http('GET', '/projects/1');
    const b = trace.http('GET', '/projects/2');
    for (let i = 0; i < 6; i++) {
      trace.run(a, ONE);
      trace.run(b, ONE);
      trace.run(a, 'SELECT now()', 77);
      if (i < 4) trace.run(b, 'SELECT 1', 78);
    }
    trace.httpEnd(b);
    trace.httpEnd(a);
    const found = nPlusOnes(trace);
    assert.equal(found.length, 2);
    const requests = found.map((finding) => (finding.details as NPlusOneDetails).requests);
    assert.deepEqual(requests.sort(), [1, 2]);
  });

  it('tells parallel from sequential by overlap', () => {
    const trace = new Trace();
    const root = trace.http();
    trace.run(root, LIST, 20, 8);
    const running = Array.from({ length: 8 }, () => trace.query(root, ONE));
    for (const query of running.reverse()) trace.queryEnd(query);
    trace.httpEnd(root);
    assert.equal(details(trace).order, 'parallel');
  });

  it('finds repeats in nested calls of one root, and in a root that is a call', () => {
    const trace = new Trace();
    const root = trace.enter(4);
    for (let i = 0; i < 5; i++) {
      const inner = trace.enter(2, root);
      trace.run(inner, ONE);
      trace.exit(inner, 2);
    }
    trace.exit(root, 4);
    assert.equal(details(trace).root, 'Worker.run');
  });

  it('does not count queries without anything around them (polling, scripts)', () => {
    const trace = new Trace();
    for (let i = 0; i < 100; i++) trace.run(null, ONE);
    assert.deepEqual(nPlusOnes(trace), []);
  });

  it('never counts transaction control', () => {
    const trace = new Trace();
    const root = trace.http();
    for (let i = 0; i < 20; i++) {
      for (const sql of ['BEGIN', 'SAVEPOINT a', 'SET LOCAL x = 1', 'RELEASE SAVEPOINT a', 'COMMIT', 'ROLLBACK'])
        trace.run(root, sql);
    }
    assert.deepEqual(nPlusOnes(trace), []);
  });

  it('does not count failed attempts: that is a retry', () => {
    const trace = new Trace();
    const root = trace.http();
    for (let i = 0; i < 8; i++) trace.queryEnd(trace.query(root, ONE), null, 'connection reset');
    trace.run(root, ONE);
    trace.httpEnd(root);
    assert.deepEqual(nPlusOnes(trace), []);
  });

  it('says that rows are inserted one by one', () => {
    const trace = new Trace();
    const root = trace.http('POST', '/import');
    for (let i = 0; i < 5; i++) trace.run(root, `INSERT INTO t (a) VALUES (${i})`, 9, 1);
    const [finding] = nPlusOnes(trace);
    assert.match(finding?.title ?? '', /5 × the same INSERT/);
    assert.match(finding?.suggestion ?? '', /one statement/);
  });

  it('chooses the source by its rows, the closest before the first repeat', () => {
    const trace = new Trace();
    const root = trace.http();
    trace.run(root, 'SELECT far FROM t', 1, 50);
    trace.run(root, LIST, 20, 6);
    trace.run(root, 'SELECT user FROM u', 3, 1);
    for (let i = 0; i < 6; i++) trace.run(root, ONE);
    trace.run(root, 'SELECT late FROM t', 4, 6);
    assert.deepEqual(details(trace).source, { statement: 'SELECT id FROM tasks WHERE project_id = ?', rows: 6 });
  });

  it('has no source where none fits', () => {
    const trace = new Trace();
    const root = trace.http();
    trace.run(root, 'SELECT user FROM u', 3, 1);
    for (let i = 0; i < 6; i++) trace.run(root, ONE);
    assert.equal(details(trace).source, null);
  });

  it('reports a request that has not ended, and replaces that by the final figures under the same id', () => {
    const trace = new Trace();
    const root = trace.http();
    for (let i = 0; i < 5; i++) trace.run(root, ONE);
    const early = nPlusOnes(trace)[0];
    for (let i = 0; i < 5; i++) trace.run(root, ONE);
    trace.httpEnd(root);
    const late = nPlusOnes(trace)[0];
    assert.equal(early?.id, late?.id);
    assert.equal(details(trace).perRequest.max, 10);
  });

  it('works for a request whose start was not seen', () => {
    const trace = new Trace();
    const root = trace.http('GET', '/x', false);
    for (let i = 0; i < 5; i++) trace.run(root, ONE);
    trace.httpEnd(root);
    assert.match(details(trace).root, /before the recording/);
  });

  it('grades by the share of the request', () => {
    const graded = (pause: number): string | undefined => {
      const trace = new Trace();
      const root = trace.http();
      trace.t += pause;
      for (let i = 0; i < 5; i++) trace.run(root, ONE);
      trace.httpEnd(root);
      return nPlusOnes(trace)[0]?.severity;
    };
    assert.equal(graded(0), 'warning');
    assert.equal(graded(1e9), 'info');
  });

  it('takes statements that were cut or not captured', () => {
    const trace = new Trace();
    const root = trace.http();
    for (let i = 0; i < 5; i++) trace.run(root, { $: 'string', v: `SELECT '${i}`, length: 90_000 });
    for (let i = 0; i < 5; i++) trace.run(root, { $: 'redacted', why: 'secret' }, 50);
    assert.equal(details(trace).statement, 'SELECT ?');
  });

  it('counts every request once while roots come and go by the ten thousand', () => {
    const trace = new Trace();
    for (let i = 0; i < 12_000; i++) {
      const root = trace.http('GET', `/projects/${i}`);
      for (let n = 0; n < (i % 100 === 0 ? 6 : 1); n++) trace.run(root, ONE);
      trace.httpEnd(root);
    }
    assert.equal(details(trace).requests, 120);
  });
});
