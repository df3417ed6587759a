import { strict as assert } from 'node:assert';
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { fixture, start } from './support/app.ts';
import { type CliResult, run } from './support/cli.ts';
import { folder } from './support/folder.ts';
import { cleanUp } from './support/hooks.ts';

/** One sentence on stderr, after progress if any, nothing on stdout, exit code 1. */
function refused(result: CliResult, why: RegExp): void {
  assert.equal(result.code, 1, result.stderr);
  assert.equal(result.stdout, '');
  const lines = result.stderr
    .trim()
    .split('\n')
    .filter((line) => !/^attached to /.test(line));
  assert.equal(lines.length, 1, result.stderr);
  assert.match(lines[0] as string, why);
  assert.doesNotMatch(lines[0] as string, /fault of its own/);
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

describe('what the command line refuses', () => {
  cleanUp();

  it('an unknown function, naming those there are', async () => {
    const app = await start(fixture('cjs-app.cjs'));
    const probe = ['--probe', 'cjs-app.cjs#declare', '--duration', '1s'];
    refused(await run(['record', '--pid', String(app.pid), ...probe]), /no function "declare"; it has .*declared/);
    assert.deepEqual(await app.get('/globals'), []);
  });

  it('an unknown file, naming those there are', async () => {
    const app = await start(fixture('cjs-app.cjs'));
    const result = await run(['record', '--pid', String(app.pid), '--probe', 'other.js#f', '--duration', '1s']);
    refused(result, /No loaded script comes from "other.js"; the process runs .*cjs-app.cjs/);
  });

  it('a dead port, a web server, and one that never answers', async () => {
    const closed = createServer();
    const dead = await listening(closed);
    await new Promise((resolve) => closed.close(resolve));
    refused(await run(['record', '--port', String(dead), '--probe', 'a.js#f']), /No Node.js inspector answers/);
    const web = createHttpServer((_request, response) => response.end('hello'));
    const silent = createServer();
    try {
      const page = String(await listening(web));
      refused(await run(['record', '--port', page, '--probe', 'a.js#f']), /is not a Node.js inspector/);
      const mute = String(await listening(silent));
      refused(await run(['record', '--port', mute, '--probe', 'a.js#f']), /is not a Node.js inspector \(no answer/);
    } finally {
      web.close();
      silent.close();
    }
  });

  it('a pid that does not exist, and one that is not Node, which survives', async () => {
    refused(await run(['record', '--pid', '2147480000', '--probe', 'a.js#f']), /no process with pid 2147480000/);
    const sleeper = spawn('sleep', ['60']);
    try {
      refused(await run(['record', '--pid', String(sleeper.pid), '--probe', 'a.js#f']), /is not a Node.js process/);
      assert.equal(sleeper.exitCode, null);
      assert.equal(sleeper.signalCode, null);
    } finally {
      sleeper.kill('SIGKILL');
    }
  });

  it('broken plans, before anything is attached', async () => {
    const probe = { kind: 'function', at: 'a.js#f', capture: ['args'] };
    const plans: [string, RegExp][] = [
      ['{', /JSON/],
      [JSON.stringify({ version: 1, probes: [{ ...probe, colour: 'red' }] }), /colour/],
      [JSON.stringify({ version: 1, probes: [{ ...probe, when: 'process.exit()' }] }), /process\.exit/],
    ];
    for (const [text, why] of plans) {
      const file = join(folder(), 'a.plan.json');
      writeFileSync(file, text);
      refused(await run(['record', '--pid', String(process.pid), '--plan', file]), why);
    }
  });

  it('mistakes of use', async () => {
    refused(await run(['record', '--probe', 'a.js#f']), /Say which process/);
    refused(await run(['record', '--pid', '1', '--probe', 'a.js#f', '--duration', 'soon']), /--duration takes a time/);
    refused(await run(['report', 'nothing-here']), /nothing-here/);
    refused(await run(['state', 'latest']), /--at says/);
  });
});
