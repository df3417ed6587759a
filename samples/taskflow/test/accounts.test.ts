import assert from 'node:assert/strict';
import { noFaults } from '../dist/faults.js';
import { logInAs, resetData, startApp, type TestApp } from './support.js';

const ana = { email: 'Ana@example.com', username: 'ana', password: 'correct horse' };

describe('accounts', () => {
  let app: TestApp;

  beforeEach(async () => {
    await resetData({ users: 2, projects: 1, tasks: 1 });
    app = await startApp(noFaults);
  });

  afterEach(() => app.close());

  const as = (headers: Record<string, string>, method = 'GET', path = '/me'): Promise<Response> =>
    fetch(app.url + path, { method, headers });

  const logIn = (login: string, password: string): Promise<{ status: number; body: { token: string } }> =>
    app.request('POST', '/login', { login, password });

  it('nobody gets in without a session', async () => {
    for (const path of ['/me', '/users', '/projects', '/projects/1', '/tasks/1/comments', '/projects/1/export']) {
      const response = await as({}, 'GET', path);
      assert.equal(response.status, 401, path);
      assert.match(((await response.json()) as { message: string }).message, /POST \/login/);
    }
    for (const path of ['/health', '/stats', '/stats/slots']) assert.equal((await as({}, 'GET', path)).status, 200);
    assert.equal((await as({ authorization: `Bearer ${'y'.repeat(43)}` })).status, 401);
    assert.equal((await as({ authorization: 'Bearer short' })).status, 401);
  });

  it('registers, and logs in by address or name in any case', async () => {
    const { status, body } = await app.request<{ user: object; token: string }>('POST', '/register', ana);
    assert.equal(status, 201);
    assert.equal(JSON.stringify(body).includes('scrypt'), false);
    const me = await as({ authorization: `Bearer ${body.token}` });
    assert.equal(((await me.json()) as { username: string }).username, 'ana');
    for (const login of ['ana@EXAMPLE.com', 'ANA']) assert.equal((await logIn(login, ana.password)).status, 200);
    assert.equal((await logIn('user2@taskflow.example', 'taskflow')).status, 200);
    // Known to the task manager at once, as the one with the least to do.
    await app.request('POST', '/projects/1/tasks', { title: 'x' });
    assert.equal((await app.request('GET', '/stats/slots')).body.consistent, true);
  });

  it('says the same about an unknown user and a wrong password', async () => {
    const answers = [await logIn('user1', 'wrong'), await logIn('nobody', 'wrong')];
    assert.deepEqual(answers[0], answers[1]);
    assert.equal(answers[0]?.status, 401);
  });

  it('makes whoever guesses a password wait', async () => {
    for (let time = 1; time <= 5; time += 1) assert.equal((await logIn('user2', 'a guess')).status, 401);
    const { status, body } = await app.request('POST', '/login', { login: 'USER2', password: 'taskflow' });
    assert.equal(status, 429);
    assert.match(String(body.message), /^Too many wrong passwords; try again in 1 s\.$/);
    assert.equal((await logIn('user1', 'taskflow')).status, 200);
  });

  it('an address and a name belong to one user, in any case', async () => {
    const answer = async (fields: object): Promise<[number, unknown]> => {
      const { status, body } = await app.request('POST', '/register', { ...ana, ...fields });
      return [status, body.message];
    };
    assert.equal((await answer({}))[0], 201);
    const name = await answer({ email: 'b@example.com', username: 'Ana' });
    assert.equal(name[0], 409);
    assert.match(String(name[1]), /^This user name is taken/);
    const email = await answer({ email: 'ANA@example.com', username: 'ben' });
    assert.equal(email[0], 409);
    assert.match(String(email[1]), /^This e-mail address is taken/);
  });

  it('the cookie is for the server alone, and only for our own pages', async () => {
    const response = await fetch(`${app.url}/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ login: 'user1', password: 'taskflow' }),
    });
    const [given = ''] = response.headers.getSetCookie();
    assert.match(given, /^taskflow_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Expires=/);
    const cookie = `theme=dark; ${given.split(';')[0]}`;
    assert.equal((await as({ cookie })).status, 200);
    assert.equal((await as({ cookie, origin: 'http://elsewhere.example' }, 'POST', '/logout')).status, 403);
    const out = await as({ cookie, origin: app.url }, 'POST', '/logout');
    assert.equal(out.status, 204);
    assert.match(out.headers.getSetCookie()[0] ?? '', /^taskflow_session=; .*Max-Age=0$/);
    assert.equal((await as({ cookie })).status, 401);
  });

  it('a new password needs the current one, and ends all other sessions', async () => {
    const [first, second] = [
      (await logIn('user2', 'taskflow')).body.token,
      (await logIn('user2', 'taskflow')).body.token,
    ];
    const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });
    assert.equal((await as(bearer(second))).status, 200);
    const change = (currentPassword: string): Promise<Response> =>
      fetch(`${app.url}/me`, {
        method: 'PATCH',
        headers: { ...bearer(first), 'content-type': 'application/json' },
        body: JSON.stringify({ currentPassword, newPassword: 'something else' }),
      });
    assert.equal((await change('wrong')).status, 403);
    assert.equal((await as(bearer(second))).status, 200);
    assert.equal((await change('taskflow')).status, 200);
    assert.equal((await as(bearer(first))).status, 200);
    assert.equal((await as(bearer(second))).status, 401);
    assert.equal((await logIn('user2', 'taskflow')).status, 401);
    assert.equal((await logIn('user2', 'something else')).status, 200);
  });

  it('a new name is seen at once, also in a session that is remembered', async () => {
    const token = await logInAs(2);
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const body = JSON.stringify({ username: 'zoe' });
    assert.equal((await fetch(`${app.url}/me`, { method: 'PATCH', headers, body })).status, 200);
    const comment = await fetch(`${app.url}/tasks/1/comments`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ body: 'Hello' }),
    });
    assert.equal(((await comment.json()) as { author: string }).author, 'zoe');
  });
});
