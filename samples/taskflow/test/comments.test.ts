import assert from 'node:assert/strict';
import type { Comment } from '../dist/comments/comment.js';
import { noFaults } from '../dist/faults.js';
import { logInAs, resetData, startApp, type TestApp } from './support.js';

describe('comments', () => {
  let app: TestApp;

  before(async () => {
    await resetData({ users: 2, projects: 1, tasks: 4 });
    app = await startApp(noFaults);
  });

  after(() => app.close());

  const bodies = async (taskId: number): Promise<string[]> => {
    const { body } = await app.request<{ comments: Comment[] }>('GET', `/tasks/${taskId}/comments`);
    return body.comments.map((comment) => comment.body);
  };

  it('are listed in the order they were made, changed and deleted', async () => {
    const say = async (body: string): Promise<Comment> =>
      (await app.request<Comment>('POST', '/tasks/2/comments', { body })).body;
    const first = await say('First <b>&amp;');
    const second = await say('Second');
    assert.deepEqual([first.author, first.authorId, first.taskId], ['user1', 1, 2]);
    assert.deepEqual(await bodies(2), ['First <b>&amp;', 'Second']);
    const changed = await app.request<Comment>('PATCH', `/comments/${first.id}`, { body: 'Better' });
    assert.equal(changed.body.body, 'Better');
    assert.equal((await app.request('DELETE', `/comments/${second.id}`)).status, 204);
    assert.deepEqual(await bodies(2), ['Better']);
  });

  it("somebody else's are left alone", async () => {
    const { body } = await app.request<Comment>('POST', '/tasks/3/comments', { body: 'Mine' });
    const headers = { authorization: `Bearer ${await logInAs(2)}`, 'content-type': 'application/json' };
    for (const [method, payload] of [
      ['PATCH', JSON.stringify({ body: 'Yours' })],
      ['DELETE', undefined],
    ] as const) {
      const response = await fetch(`${app.url}/comments/${body.id}`, {
        method,
        ...(payload ? { body: payload, headers } : { headers: { authorization: headers.authorization } }),
      });
      assert.equal(response.status, 403);
      assert.match(((await response.json()) as { message: string }).message, /is user1's; only user1 can/);
    }
    assert.deepEqual(await bodies(3), ['Mine']);
  });

  it('go with their task', async () => {
    const { body } = await app.request<Comment>('POST', '/tasks/4/comments', { body: 'Last words' });
    assert.equal((await app.request('DELETE', '/tasks/4')).status, 204);
    assert.equal((await app.request('PATCH', `/comments/${body.id}`, { body: 'x' })).status, 404);
    assert.equal((await app.request('DELETE', '/projects/1')).status, 204);
  });
});
