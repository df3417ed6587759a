import { stopAll } from './app.ts';
import { removeFolders } from './folder.ts';
import { stopSessions } from './traced.ts';

/** Leaves nothing behind, whatever a test did; to be called in a `describe`. */
export function cleanUp(): void {
  afterEach(async () => {
    await stopSessions();
    await stopAll();
    removeFolders();
  });
}
