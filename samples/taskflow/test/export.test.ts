import assert from 'node:assert/strict';
import { type Faults, noFaults } from '../dist/faults.js';
import type { Project } from '../dist/projects/project.js';
import { resetData, startApp, type TestApp } from './support.js';

describe('GET /projects/:id/export', () => {
  let app: TestApp;

  const start = async (faults: Faults): Promise<void> => {
    await resetData({ users: 2, projects: 1, tasks: 3 });
    app = await startApp(faults);
  };

  afterEach(() => app.close());

  const download = async (id: number): Promise<{ status: number; name: string | null; lines: string[] }> => {
    const response = await fetch(`${app.url}/projects/${id}/export`, {
      headers: { authorization: `Bearer ${app.token}` },
    });
    const name = response.headers.get('content-disposition');
    return { status: response.status, name, lines: (await response.text()).split('\r\n') };
  };

  const emptyProject = async (): Promise<number> =>
    (await app.request<Project>('POST', '/projects', { name: 'Empty' })).body.id;

  it('gives all tasks as CSV that spreadsheets take for text', async () => {
    await start(noFaults);
    await app.request('POST', '/projects/1/tasks', { title: '=1+1, "sum"' });
    const { status, name, lines } = await download(1);
    assert.equal(status, 200);
    assert.match(name ?? '', /^attachment; filename="project-1-\d{4}-\d\d-\d\d\.csv"$/);
    assert.equal(lines[0], 'id,title,status,priority,due,assignee,created,updated');
    assert.equal(lines.length, 6);
    assert.match(lines[4] ?? '', /^4,"'=1\+1, ""sum""",todo,medium,,,/);
  });

  it('fault unhandled-exception off: a project without tasks is a file with a heading', async () => {
    await start(noFaults);
    const { status, lines } = await download(await emptyProject());
    assert.equal(status, 200);
    assert.equal(lines.length, 2);
  });

  it('fault unhandled-exception on: a project without tasks is a 500, others are not', async () => {
    await start(new Set(['unhandled-exception']));
    assert.equal((await download(await emptyProject())).status, 500);
    assert.equal((await download(1)).status, 200);
  });
});
