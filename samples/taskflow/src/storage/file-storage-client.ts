import { mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';

export const storageFailures = ['none', 'write', 'read'] as const;
/** What the storage has been told to fail at. */
export type StorageFailure = (typeof storageFailures)[number];

const PREFIX = 'taskflow-files-';
const FILE_NAME = /^[a-z0-9][a-z0-9.-]{0,99}$/;

/** Files in a temporary directory that is made when first needed and ends with the client. */
export class FileStorageClient {
  private directory: Promise<string> | undefined;

  constructor(public failing: StorageFailure = 'none') {}

  /** Rejects when the file cannot be written; then there is no file, and no half of one. */
  async write(name: string, content: string): Promise<void> {
    const path = await this.pathOf(name);
    if (this.failing === 'write') throw new Error(`The storage does not take ${name}: it was told to fail at writing.`);
    const draft = `${path}.draft`;
    await writeFile(draft, content);
    await rename(draft, path);
  }

  /** Rejects when the file cannot be opened. */
  async read(name: string): Promise<Readable> {
    const path = await this.pathOf(name);
    if (this.failing === 'read') throw new Error(`The storage does not give ${name}: it was told to fail at reading.`);
    const file = await open(path);
    return file.createReadStream();
  }

  /** A file that is not there need not be deleted. */
  async delete(name: string): Promise<void> {
    await rm(await this.pathOf(name), { force: true });
  }

  /** Deletes all files. */
  async close(): Promise<void> {
    const directory = await this.directory?.catch(() => undefined);
    if (directory) await rm(directory, { recursive: true, force: true });
  }

  private async pathOf(name: string): Promise<string> {
    if (!FILE_NAME.test(name))
      throw new Error(`"${name}" cannot be a file's name here; use a-z, 0-9, dots and dashes.`);
    this.directory ??= makeDirectory().catch((error: unknown) => {
      // The next one tries again: a full disk, say, may have been cleared.
      this.directory = undefined;
      throw error;
    });
    return join(await this.directory, name);
  }
}

let directories = 0;

/** The process id is in the name, so that what a killed process left can be told from what is in use. */
async function makeDirectory(): Promise<string> {
  await deleteLeftOvers();
  directories += 1;
  const path = join(tmpdir(), `${PREFIX}${process.pid}-${directories}`);
  await rm(path, { recursive: true, force: true });
  await mkdir(path, { mode: 0o700 });
  return path;
}

async function deleteLeftOvers(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = Number(name.startsWith(PREFIX) ? name.slice(PREFIX.length).split('-')[0] : Number.NaN);
    // Another user's directory cannot be deleted, which is no reason not to go on.
    if (pid > 0 && !isAlive(pid))
      await rm(join(tmpdir(), name), { recursive: true, force: true }).catch(() => undefined);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
