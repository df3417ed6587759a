import assert from 'node:assert/strict';
import { chainAt, rootsUnderWay } from '../../../src/adapter/call-stack.ts';
import { nextMoment, type StepKind } from '../../../src/adapter/step.ts';
import { ns } from '../../../src/tracer/event/ids.ts';
import type { Span } from '../../../src/tracer/store/span.ts';
import { smallFilm } from './scripted-trace.ts';

describe('the playhead in a recording', () => {
  const { film, request, innerOne, late, at } = smallFilm();
  const recording = film.recording();
  const root = recording.span(request.call) as Span;
  const names = (ms: number): string[] => chainAt(recording, root, ns(at(ms))).map(({ name }) => name);

  it('knows the requests under way, ends included', () => {
    const under = (ms: number): string[] => rootsUnderWay(recording, ns(at(ms))).map(({ name }) => name);
    assert.deepEqual(under(99), []);
    assert.deepEqual(under(100), ['GET /tasks/7']);
    assert.deepEqual(under(112), ['GET /tasks/7', 'POST /tasks']);
    assert.deepEqual(under(160), ['GET /tasks/7']);
    assert.deepEqual(under(161), []);
  });

  it('knows the calls under way, outermost first', () => {
    assert.deepEqual(names(101), ['GET /tasks/7']);
    assert.deepEqual(names(110), ['GET /tasks/7', 'Tasks.outer', 'Tasks.inner', 'SELECT 1']);
    assert.deepEqual(names(125), ['GET /tasks/7', 'Tasks.outer']);
    assert.deepEqual(names(155), ['GET /tasks/7']);
  });

  /** Where steps of one kind lead from `from`, in milliseconds, until the next request begins. */
  function steps(kind: StepKind, from: number): number[] {
    const found: number[] = [];
    for (let t = ns(at(from)); found.length < 30; ) {
      const chain = chainAt(recording, root, t);
      const current = chain.at(-1)?.call ?? null;
      const next = nextMoment(recording, root, chain.length - 1, t, kind, current);
      if (next === null) break;
      found.push(next / at(1));
      if (next >= late.start) break;
      t = next;
    }
    return found;
  }

  it('steps in: every start and end below the request', () => {
    assert.deepEqual(steps('in', 100), [102, 105, 106, 118, 120, 130, 140, 150, 160, 200]);
  });

  it('steps over: not into deeper calls', () => {
    const chain = chainAt(recording, root, ns(at(102)));
    assert.equal(chain.length, 2);
    const next = nextMoment(recording, root, 1, ns(at(102)), 'over', chain[1]?.call ?? null);
    assert.equal(next, at(150), 'the end of the call itself');
    assert.equal(nextMoment(recording, root, 2, ns(at(105)), 'over', innerOne.call), at(120));
    assert.equal(nextMoment(recording, root, 2, ns(at(120)), 'over', innerOne.call), at(130), 'the call beside it');
  });

  it('steps out: the end of the call, then of the one around it', () => {
    assert.deepEqual(steps('out', 107), [118, 120, 150, 160, 200]);
  });

  it('goes on with the next request of the process, and stops at the end of the recording', () => {
    assert.equal(nextMoment(recording, root, 0, ns(at(160)), 'over', request.call), at(200));
    const last = recording.span(late.call) as Span;
    assert.equal(nextMoment(recording, last, 0, ns(at(210)), 'over', late.call), null);
  });
});
