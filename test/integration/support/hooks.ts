import { stopAll } from './app.ts';
import { Client } from './client.ts';
import { removeFolders } from './folder.ts';
import { stopSessions } from './traced.ts';

/** Leaves nothing behind, whatever a test did; to be called in a `describe`. */
export function cleanUp(): void {
  afterEach(async () => {
    const clients = Client.stopAll();
    await stopSessions();
    await stopAll();
    await clients;
    removeFolders();
  });
}
