import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { until } from '../ui/until.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

describe('npm run taskflow', function () {
  // It builds TaskFlow first.
  this.timeout(120_000);
  let wrapper: ChildProcess | undefined;

  afterEach(() => {
    if (wrapper?.pid && wrapper.exitCode === null) process.kill(-wrapper.pid, 'SIGKILL');
  });

  /** In a process group of its own, as a shell starts it; resolves when TaskFlow listens, to its process id. */
  const start = async (): Promise<{ group: number; taskflow: number; ended: Promise<unknown[]> }> => {
    const { NODE_OPTIONS: _, DATABASE_URL: _database, REDIS_URL: _redis, ...inherited } = process.env;
    wrapper = spawn(process.execPath, ['scripts/taskflow.mjs'], {
      cwd: ROOT,
      env: { ...inherited, PORT: '0', TASKFLOW_SEED: '1,1,1' },
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(wrapper, 'exit');
    let output = '';
    wrapper.stdout?.on('data', (chunk) => {
      output += chunk;
    });
    const taskflow = await until('TaskFlow listens', () => /\(pid (\d+)\)/.exec(output)?.[1], 90_000);
    return { group: wrapper.pid as number, taskflow: Number(taskflow), ended };
  };

  it('ends well on Ctrl-C, which the terminal sends to all of the group', async () => {
    const { group, ended } = await start();
    process.kill(-group, 'SIGINT');
    assert.deepEqual(await ended, [0, null]);
  });

  it('does not call it a success when TaskFlow has been killed', async () => {
    const { taskflow, ended } = await start();
    process.kill(taskflow, 'SIGKILL');
    assert.deepEqual(await ended, [128 + 9, null]);
  });
});
