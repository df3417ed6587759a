import assert from 'node:assert/strict';
import { type Faults, noFaults } from '../dist/faults.js';
import type { ProjectPage } from '../dist/projects/project.js';
import { resetData, startApp, testDatabase } from './support.js';

describe('fault n-plus-one: GET /projects/:id', () => {
  const TASKS = 25;

  beforeEach(() => resetData({ users: 2, projects: 1, tasks: TASKS }));

  const openProject = async (faults: Faults): Promise<{ page: ProjectPage; taskStatements: string[] }> => {
    const { statements } = await testDatabase();
    const app = await startApp(faults);
    const before = statements.length;
    const { body } = await app.request<ProjectPage>('GET', '/projects/1');
    const taskStatements = statements.slice(before).filter((sql) => sql.includes('FROM tasks'));
    await app.close();
    return { page: body, taskStatements };
  };

  it('on: one statement for the ids, and the same one again for every task', async () => {
    const { page, taskStatements } = await openProject(new Set(['n-plus-one']));
    assert.equal(page.tasks.length, TASKS);
    assert.equal(taskStatements.length, TASKS + 1);
    assert.equal(new Set(taskStatements.slice(1)).size, 1);
  });

  it('off: one statement, and the same answer', async () => {
    const { page, taskStatements } = await openProject(noFaults);
    assert.equal(taskStatements.length, 1);
    assert.deepEqual(page, (await openProject(new Set(['n-plus-one']))).page);
  });
});
