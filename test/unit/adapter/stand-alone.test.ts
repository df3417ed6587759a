import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { DebugClient } from '@vscode/debugadapter-testsupport';

describe('the adapter on its own', function () {
  this.timeout(20_000);
  const main = join(import.meta.dirname, '..', '..', '..', 'src', 'adapter', 'main.ts');

  it('speaks the protocol over stdio and says what is wrong', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => server.close(resolve));
    const env = { ...process.env, NODE_OPTIONS: '--import tsx' };
    const client = new DebugClient(process.execPath, main, 'nodescope', { env });
    await client.start();
    client.defaultTimeout = 15_000;
    await client.initializeRequest();
    const message = await client.attachRequest({ port } as object).then(
      () => assert.fail('nothing listens there'),
      (error: Error) => error.message,
    );
    assert.match(message, new RegExp(`^No Node\\.js inspector answers at 127\\.0\\.0\\.1:${port}; .*\\.$`));
    await client.stop();
  });
});
