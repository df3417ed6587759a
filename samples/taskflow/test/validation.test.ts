import assert from 'node:assert/strict';
import Fastify from 'fastify';
import { openPool } from '../dist/database/connect.js';
import { noFaults } from '../dist/faults.js';
import { errorAnswers } from '../dist/http/error-answers.js';
import { resetData, startApp, type TestApp, testDatabase } from './support.js';

type Case = [method: string, path: string, body: object | string | undefined, status: number, message: RegExp];

const cases: Case[] = [
  ['GET', '/nowhere?x=1', undefined, 404, /^There is no GET \/nowhere here\.$/],
  ['GET', '/projects/abc', undefined, 400, /params\/id must be integer/],
  ['GET', '/projects/0', undefined, 400, /params\/id must be >= 1/],
  ['GET', '/projects/2147483648', undefined, 400, /params\/id must be <= 2147483647/],
  ['GET', '/projects/999', undefined, 404, /^Project 999 does not exist\.$/],
  ['GET', '/projects?status=lost', undefined, 400, /querystring\/status must be equal to one of/],
  ['GET', '/projects?limit=201', undefined, 400, /querystring\/limit must be <= 200/],
  ['GET', '/projects?page=2', undefined, 400, /must NOT have additional properties/],
  ['GET', '/projects/999/tasks', undefined, 404, /^Project 999 does not exist\.$/],
  ['POST', '/projects', {}, 400, /required property 'name'/],
  ['POST', '/projects', { name: '  ' }, 400, /body\/name must match pattern/],
  ['POST', '/projects', { name: 'a\0' }, 400, /body\/name must match pattern/],
  ['POST', '/projects', { name: 'a', description: '\0' }, 400, /body\/description must match pattern/],
  ['POST', '/projects', { name: 'x'.repeat(201) }, 400, /body\/name must NOT have more than 200 characters/],
  ['POST', '/projects', { name: 'Garden', ownerId: 2 }, 400, /must NOT have additional properties/],
  ['POST', '/projects', { name: 5 }, 400, /body\/name must be string/],
  ['POST', '/projects', '{"name":', 400, /JSON/],
  ['POST', '/projects', undefined, 400, /body must be object/],
  ['PATCH', '/projects/1', {}, 400, /must NOT have fewer than 1 properties/],
  ['PATCH', '/projects/1', { ownerId: 2 }, 400, /must NOT have additional properties/],
  ['PATCH', '/projects/999', { name: 'x' }, 404, /^Project 999 does not exist\.$/],
  ['DELETE', '/projects/999', undefined, 404, /^Project 999 does not exist\.$/],
  ['POST', '/projects/1/tasks', { title: '' }, 400, /body\/title must NOT have fewer than 1 characters/],
  ['POST', '/projects/1/tasks', { title: 'x', dueDate: 'soon' }, 400, /body\/dueDate must match format "date"/],
  ['POST', '/projects/1/tasks', { title: 'x', priority: 'urgent' }, 400, /body\/priority must be equal to one of/],
  ['POST', '/projects/1/tasks', { title: 'x', dueDate: '0000-01-01' }, 400, /body\/dueDate must match pattern/],
  ['POST', '/projects/1/tasks', { title: 'x', description: 'a\0b' }, 400, /body\/description must match pattern/],
  ['POST', '/projects/1/tasks', { title: 'x', assigneeId: 77 }, 422, /^User 77 does not exist/],
  ['POST', '/projects/1/tasks', { title: 'x', slots: 1 }, 400, /must NOT have additional properties/],
  ['POST', '/projects/1/worker/import', { csv: 'a\0;low' }, 400, /body\/csv must match pattern/],
  ['POST', '/projects/999/tasks', { title: 'x' }, 404, /^Project 999 does not exist\.$/],
  ['POST', '/projects/999/assign-next', undefined, 404, /^Project 999 does not exist\.$/],
  ['PATCH', '/tasks/1', { status: 'started' }, 400, /body\/status must be equal to one of/],
  ['PATCH', '/tasks/999', { title: 'x' }, 404, /^Task 999 does not exist\.$/],
  ['DELETE', '/tasks/999', undefined, 404, /^Task 999 does not exist\.$/],
  ['POST', '/tasks/1/assign', {}, 400, /required property 'userId'/],
  ['POST', '/tasks/1/assign', { userId: 'me' }, 400, /body\/userId must be integer/],
  ['POST', '/tasks/1/assign', { userId: true }, 400, /body\/userId must be integer/],
  ['POST', '/tasks/1/assign', { userId: '1' }, 400, /body\/userId must be integer/],
  ['PATCH', '/tasks/1', { title: 'a\0' }, 400, /body\/title must match pattern/],
  ['PATCH', '/tasks/1', { dueDate: '0000-12-31' }, 400, /body\/dueDate must match pattern/],
  ['POST', '/tasks/1/assign', { userId: 77 }, 422, /^User 77 does not exist/],
  ['POST', '/tasks/999/assign', { userId: 1 }, 404, /^Task 999 does not exist\.$/],
  ['POST', '/tasks/999/complete', undefined, 404, /^Task 999 does not exist\.$/],
  ['GET', '/tasks/999', undefined, 404, /^Task 999 does not exist\.$/],
  ['GET', '/projects/999/export', undefined, 404, /^Project 999 does not exist\.$/],
  ['GET', '/tasks/999/comments', undefined, 404, /^Task 999 does not exist\.$/],
  ['POST', '/tasks/999/comments', { body: 'x' }, 404, /^Task 999 does not exist\.$/],
  ['POST', '/tasks/1/comments', { body: ' ' }, 400, /body\/body must match pattern/],
  ['POST', '/tasks/1/comments', { body: 'a\0' }, 400, /body\/body must match pattern/],
  ['POST', '/tasks/1/comments', {}, 400, /required property 'body'/],
  ['PATCH', '/comments/999', { body: 'x' }, 404, /^Comment 999 does not exist\.$/],
  ['DELETE', '/comments/999', undefined, 404, /^Comment 999 does not exist\.$/],
  [
    'POST',
    '/register',
    { email: 'a@b.example', username: 'a b', password: 'long enough' },
    400,
    /body\/username must match/,
  ],
  ['POST', '/register', { email: 'ab', username: 'ab', password: 'long enough' }, 400, /body\/email must match format/],
  [
    'POST',
    '/register',
    { email: 'a@b.example', username: 'ab', password: 'short' },
    400,
    /body\/password must NOT have fewer/,
  ],
  ['POST', '/login', { login: 'a\0', password: 'taskflow' }, 400, /body\/login must match pattern/],
  ['POST', '/login', { login: 'user1' }, 400, /required property 'password'/],
  ['PATCH', '/me', {}, 400, /must NOT have fewer than 1 properties/],
  ['PATCH', '/me', { newPassword: 'long enough' }, 400, /must have property currentPassword/],
];

describe('requests that cannot be served', () => {
  let app: TestApp;

  before(async () => {
    await resetData();
    // Task 1 has to be one that can be assigned.
    await (await testDatabase()).pool.query(`UPDATE tasks SET status = 'todo', assignee_id = NULL WHERE id = 1`);
    app = await startApp(noFaults);
  });

  after(() => app.close());

  for (const [method, path, body, status, message] of cases) {
    it(`${method} ${path} ${JSON.stringify(body)?.slice(0, 50) ?? ''} -> ${status}`, async () => {
      const reply = await app.request(method, path, body);
      assert.equal(reply.status, status);
      assert.equal(reply.body.statusCode, status);
      assert.match(String(reply.body.message), message);
    });
  }

  it('leave the slots as they were', async () => {
    assert.equal((await app.request('GET', '/stats/slots')).body.consistent, true);
  });

  it('what PostgreSQL cannot store is the mistake of whoever sent it, even when no schema says so', async () => {
    const { pool } = await testDatabase();
    const storing = Fastify();
    errorAnswers(storing);
    storing.get('/text', () => pool.query('SELECT $1::text', ['a\0']));
    storing.get('/date', () => pool.query('SELECT $1::date', ['0000-01-01']));
    for (const url of ['/text', '/date']) {
      const answer = await storing.inject(url);
      assert.equal(answer.statusCode, 400, url);
      assert.match(answer.body, /A text or a date in this request cannot be stored; change it\./);
    }
    await storing.close();
  });

  it('a broken database is a 500 that tells nothing about the inside', async () => {
    const pool = openPool((await testDatabase()).url, 1);
    const broken = await startApp(noFaults, pool);
    await pool.end();
    const { status, body } = await broken.request('GET', '/projects');
    await broken.close();
    assert.equal(status, 500);
    assert.deepEqual(body, { statusCode: 500, message: 'Something went wrong on our side; try again later.' });
  });
});
