import assert from 'node:assert/strict';
import { formatCount, formatDuration, plural } from '../../../src/adapter/duration.ts';
import { targetLabel } from '../../../src/adapter/target-name.ts';
import { processItems } from '../../../src/extension/debug/process-items.ts';
import { lensText } from '../../../src/extension/editor/lens-text.ts';
import type { FunctionProfile } from '../../../src/tracer/query/profile.ts';
import type { ProbeState } from '../../../src/tracer/store/manifest.ts';

describe('texts for people', () => {
  it('durations and counts', () => {
    const texts = [0, 999, 1_500, 12_345, 4_560_000, 123_000_000, 61_000_000_000].map(formatDuration);
    assert.deepEqual(texts, ['0 ns', '999 ns', '1.50 µs', '12.3 µs', '4.56 ms', '123 ms', '61.0 s']);
    assert.equal(formatCount(1_234_567), '1,234,567');
    assert.equal(plural(1, 'call'), '1 call');
    assert.equal(plural(0, 'call'), '0 calls');
  });

  it('processes: script and arguments, pid, inspector, age, folder', () => {
    const [first, second] = processItems(
      [
        {
          pid: 7,
          argv: ['/usr/bin/node', '/app/dist/main.js', '--port', '1\u001b[31m'],
          cwd: '/app',
          startedMs: 1_000,
          inspector: { port: 9229, url: '' },
        },
        { pid: 8, argv: ['node'], cwd: '', startedMs: null, inspector: null },
      ],
      301_000,
    );
    assert.deepEqual(first, {
      pid: 7,
      label: 'node dist/main.js --port 1\\x1b[31m',
      description: 'pid 7 · inspector on 9229 · up 5 min',
      detail: '/app',
    });
    assert.deepEqual([second?.label, second?.description], ['node', 'pid 8']);
  });

  it('targets: by script, unless the process named itself', () => {
    assert.equal(
      targetLabel({ pid: 7, title: '/usr/bin/node', argv: ['/usr/bin/node', '/app/main.js'] }),
      'main.js (pid 7)',
    );
    assert.equal(targetLabel({ pid: 7, title: 'node', argv: ['node'] }), 'node (pid 7)');
    assert.equal(targetLabel({ pid: 7, title: 'billing', argv: ['node', 'x.js'] }), 'billing (pid 7)');
  });

  it('code lenses: figures, or why there are none', () => {
    const profile = { calls: 1_200, errors: 2, p50: 1e6, p95: 5e6, total: 1 } as FunctionProfile;
    assert.equal(lensText(profile, undefined), '1,200 calls · 2 errors · p50 1.00 ms · p95 5.00 ms');
    assert.equal(lensText({ ...profile, calls: 1, errors: 0, total: 0 }, undefined), '1 call');
    const failed = { status: 'failed', reason: 'it is a constructor' } as ProbeState;
    assert.equal(lensText({ ...profile, calls: 0 }, failed), 'not traced: it is a constructor');
    assert.equal(lensText({ ...profile, calls: 0 }, { ...failed, status: 'waiting', reason: '' }), 'no calls yet');
  });
});
