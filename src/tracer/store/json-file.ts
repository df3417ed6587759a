import { randomBytes } from 'node:crypto';
import { open, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Adapter } from 'lowdb';

/**
 * lowdb adapter for a file that only its owner may read and that is never seen half written: a temporary file of its own
 * per write (several processes may write the same file), then a rename. lowdb's own file adapter shares one temporary name
 * and keeps the default permissions.
 */
export class PrivateJsonFile<T> implements Adapter<T> {
  readonly #path: string;
  readonly #check: (value: unknown) => T | null;
  readonly #maxBytes: number;

  /** `check` turns parsed JSON into a `T`, or null when it is none; a larger file than `maxBytes` counts as none. */
  constructor(path: string, check: (value: unknown) => T | null, maxBytes: number) {
    this.#path = path;
    this.#check = check;
    this.#maxBytes = maxBytes;
  }

  /** The content; null when the file is missing, torn, too large or holds something else. */
  async read(): Promise<T | null> {
    try {
      if ((await stat(this.#path)).size > this.#maxBytes) return null;
      return this.#check(JSON.parse(await readFile(this.#path, 'utf8')));
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (error instanceof SyntaxError || code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') return null;
      throw error;
    }
  }

  async write(data: T): Promise<void> {
    const text = JSON.stringify(data, null, 1);
    const temporary = join(dirname(this.#path), `.${basename(this.#path)}.${randomBytes(6).toString('hex')}.tmp`);
    try {
      const file = await open(temporary, 'wx', 0o600);
      try {
        await file.writeFile(text);
      } finally {
        await file.close();
      }
      await rename(temporary, this.#path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }
}
