import assert from 'node:assert/strict';
import { functionProfiles, queryProfiles, routeProfiles } from '../../../src/tracer/query/profile.ts';
import { routePattern } from '../../../src/tracer/query/route-pattern.ts';
import { DurationSketch } from '../../../src/tracer/store/duration-sketch.ts';
import { Recording } from '../../../src/tracer/store/recording.ts';
import { Trace } from '../finding/trace.ts';
import { manifest } from '../store/fixture.ts';

describe('profiles', () => {
  it('counts calls and errors and gives exact quantiles of few calls', () => {
    const trace = new Trace();
    for (let i = 1; i <= 100; i++) {
      const call = trace.enter(1, null, [i]);
      trace.t += i * 1e6 - 1e6;
      if (i === 50) trace.fail(call, 1, 'no');
      else trace.exit(call, 1, i);
    }
    const open = trace.enter(1);
    const recording = Recording.live(manifest());
    recording.append(trace.events);
    const [profile, ...others] = functionProfiles(recording);
    assert.ok(profile);
    const { name, calls, errors, p50, p95, max } = profile;
    assert.deepEqual(
      { name, calls, errors, p50, p95, max },
      { name: 'TaskManager.assignTask', calls: 101, errors: 1, p50: 50e6, p95: 95e6, max: 100e6 },
    );
    assert.deepEqual(recording.event(profile.lastEnd ?? -1), trace.events.at(-2));
    const enter = recording.event(profile.lastEnter ?? -1);
    assert.deepEqual(enter?.type === 'call.enter' ? enter.args : null, [100]);
    assert.equal(recording.span(open.call)?.end, null);
    assert.ok(others.every((other) => other.calls === 0 && other.p50 === 0 && other.lastEnd === null));
  });

  it('groups requests by route and queries by statement', () => {
    const trace = new Trace();
    for (let i = 0; i < 10; i++) {
      const root = trace.http('GET', `/projects/${i}?x=${i}`);
      trace.run(root, 'SELECT 1');
      trace.httpEnd(root, i < 2 ? 503 : 200);
    }
    const recording = Recording.live(manifest());
    recording.append(trace.events);
    assert.deepEqual(
      routeProfiles(recording).map(({ name, calls, errors }) => [name, calls, errors]),
      [['GET /projects/:id', 10, 2]],
    );
    assert.deepEqual(
      queryProfiles(recording).map(({ name, calls }) => [name, calls]),
      [['SELECT 1', 10]],
    );
  });

  it('estimates quantiles of many calls within one percent', () => {
    const sketch = new DurationSketch();
    const all: number[] = [];
    let state = 1;
    for (let i = 0; i < 20_000; i++) {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
      const duration = Math.floor(100 * 2 ** (20 * (state / 0x7fffffff)));
      all.push(duration);
      sketch.add(duration);
    }
    all.sort((a, b) => a - b);
    for (const q of [0.01, 0.5, 0.95, 0.999]) {
      const exact = all[Math.ceil(q * all.length) - 1] as number;
      assert.ok(Math.abs(sketch.quantile(q) / exact - 1) < 0.0101, `${q}: ${sketch.quantile(q)} for ${exact}`);
    }
    assert.equal(sketch.max, all.at(-1));
    assert.equal(new DurationSketch().quantile(0.5), 0);
  });

  it('replaces what looks like an id in a path, and nothing else', () => {
    const cases = {
      '/projects/12?full=1': '/projects/:id',
      '/': '/',
      '/a/6f1c2c4e-8d0a-4d3f-9c1b-0a1b2c3d4e5f/b': '/a/:id/b',
      '/u/507f1f77bcf86cd799439011': '/u/:id',
      '/s/V1StGXR8_Z5jdHi6B-myT': '/s/V1StGXR8_Z5jdHi6B-myT'.replace('V1StGXR8_Z5jdHi6B-myT', ':id'),
      '/api/v2/project-settings-page/export': '/api/v2/project-settings-page/export',
      '/deadbeef': '/deadbeef',
    };
    for (const [url, wanted] of Object.entries(cases)) assert.equal(routePattern('GET', url), `GET ${wanted}`);
    assert.ok(routePattern('GET', '/1'.repeat(100_000)).length < 300);
  });
});
