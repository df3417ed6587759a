import assert from 'node:assert/strict';
import { Processes } from './processes.js';
import { TestSocket } from './socket.js';
import { until } from './support.js';

describe('a process with live pages and work in the background', () => {
  const processes = new Processes();

  afterEach(() => processes.killAll());

  const logIn = async (url: string): Promise<Record<string, string>> => {
    const response = await fetch(`${url}/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ login: 'user1@taskflow.example', password: 'taskflow' }),
    });
    const { token } = (await response.json()) as { token: string };
    return { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  };

  it('ends cleanly on SIGTERM while pages are open', async () => {
    const taskflow = await processes.startTaskFlow();
    const headers = await logIn(taskflow.url);
    const pages = ['/live/dashboard', '/live/projects/1'].map((path) => TestSocket.open(taskflow.url, path, headers));
    await Promise.all(pages);
    taskflow.child.kill('SIGTERM');
    assert.equal(await taskflow.ended, 0);
    assert.equal(taskflow.output.stderr, '');
  });

  for (const [faults, lost] of [
    ['lost-promise', true],
    ['none', false],
  ] as const) {
    it(`TASKFLOW_FAULTS=${faults}: an audit entry that is too long is ${lost ? 'an unhandled rejection' : 'cut'}`, async () => {
      const taskflow = await processes.startTaskFlow({ TASKFLOW_FAULTS: faults });
      const headers = await logIn(taskflow.url);
      const body = JSON.stringify({ name: 'x'.repeat(200) });
      const created = await fetch(`${taskflow.url}/projects`, { method: 'POST', headers, body });
      assert.equal(created.status, 201);
      const latest = async (): Promise<string[]> => {
        const response = await fetch(`${taskflow.url}/me/activity`, { headers });
        const { entries } = (await response.json()) as { entries: { action: string }[] };
        return entries.map((entry) => entry.action);
      };
      if (lost) {
        const told = /goes on after an unhandled rejection: error: value too long/;
        await until('the rejection is told', () => told.test(taskflow.output.stderr));
        assert.equal((await latest()).includes('created project'), false);
      } else {
        await until('the entry is written', async () => (await latest()).includes('created project'));
        assert.equal(taskflow.output.stderr, '');
      }
    });
  }
});
