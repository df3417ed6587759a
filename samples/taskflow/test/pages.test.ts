import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { noFaults } from '../dist/faults.js';
import { resetData, startApp, type TestApp } from './support.js';

const PUBLIC = new URL('../public/', import.meta.url);

describe('pages', () => {
  let app: TestApp;

  before(async () => {
    await resetData({ users: 1, projects: 1, tasks: 1 });
    app = await startApp(noFaults);
  });

  after(() => app.close());

  const get = (path: string, loggedIn = true, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(app.url + path, {
      redirect: 'manual',
      headers: { accept: 'text/html', ...(loggedIn && { cookie: `taskflow_session=${app.token}` }), ...headers },
    });

  it('lead guests to the login, and users to their dashboard', async () => {
    const leads = async (path: string, loggedIn: boolean): Promise<string | null> =>
      (await get(path, loggedIn)).headers.get('location');
    assert.equal(await leads('/', false), '/app/login');
    assert.equal(await leads('/', true), '/app/dashboard');
    assert.equal(await leads('/app/login', true), '/app/dashboard');
    assert.equal(await leads('/app/projects/1', false), '/app/login?next=%2Fapp%2Fprojects%2F1');
  });

  it('are served with a policy that lets nothing in but our own files', async () => {
    for (const path of ['/app/dashboard', '/app/profile', '/app/reports', '/app/projects/1']) {
      const response = await get(path);
      assert.equal(response.status, 200, path);
      assert.match(response.headers.get('content-security-policy') ?? '', /default-src 'none'; script-src 'self';/);
      assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
      assert.match(await response.text(), /<html lang="en">/);
    }
    for (const path of ['/app/login', '/app/register']) assert.equal((await get(path, false)).status, 200);
  });

  it('load only files that exist, and have no scripts or styles inside', async () => {
    const names = readdirSync(PUBLIC);
    for (const name of names.filter((one) => one.endsWith('.html') || one.endsWith('.js'))) {
      const source = readFileSync(new URL(name, PUBLIC), 'utf8');
      const loads = [...source.matchAll(/\/assets\/([\w.-]+)|from '\.\/([\w.-]+)'/g)];
      assert.ok(loads.length > 0 || !source.includes('import '), `${name} loads nothing`);
      for (const [, asset, imported] of loads) {
        const file = asset ?? imported ?? '';
        assert.ok(names.includes(file), `${name} loads ${file}`);
      }
      if (name.endsWith('.html')) assert.doesNotMatch(source, /<style|style="|<script(?![^>]*src=)|\son\w+="/, name);
    }
    const script = await get('/assets/dashboard.js', false);
    assert.equal(script.headers.get('content-type'), 'text/javascript; charset=utf-8');
    const etag = script.headers.get('etag') ?? '';
    assert.equal((await get('/assets/dashboard.js', false, { 'if-none-match': etag })).status, 304);
  });

  it('nothing outside their folder is served', async () => {
    for (const path of ['/assets/..%2fpackage.json', '/assets/%2e%2e%2fpackage.json', '/assets/package.json']) {
      assert.equal((await get(path, false)).status, 404, path);
    }
  });

  it('a browser gets failures as a page, with what it asked for as text', async () => {
    // As fetch would not send it: with nothing encoded.
    const asking = request(`${app.url}/nowhere/`, { path: '/nowhere/<script>', headers: { accept: 'text/html' } });
    asking.end();
    const [missing] = (await once(asking, 'response')) as [IncomingMessage];
    assert.equal(missing.statusCode, 404);
    assert.match(missing.headers['content-type'] ?? '', /text\/html/);
    const page = await text(missing);
    assert.doesNotMatch(page, /<script/);
    assert.match(page, /There is no GET \/nowhere\/&#60;script&#62; here\./);
    const guest = await get('/projects/1', false);
    assert.equal(guest.status, 401);
    assert.match(await guest.text(), /Please log in/);
    const gone = await get('/app/projects/999999');
    assert.equal(gone.status, 404);
    assert.match(await gone.text(), /Project 999999 does not exist\./);
    const malformed = await get('/app/projects/abc');
    assert.equal(malformed.status, 400);
    assert.match(await malformed.text(), /params\/id must be integer/);
  });
});
