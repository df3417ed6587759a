import { realpathSync } from 'node:fs';

const LIMIT = 5_000;
const real = new Map<string, string>();

/** The file's path without links, as a process names it; kept, because lenses and decorations ask often. */
function realFile(path: string): string {
  const known = real.get(path);
  if (known !== undefined) return known;
  if (real.size >= LIMIT) real.clear();
  let found = path;
  try {
    found = realpathSync.native(path);
  } catch {
    // Not on this disk any more: compare by name.
  }
  real.set(path, found);
  return found;
}

/** Whether two paths mean one file. */
export function sameFile(a: string, b: string): boolean {
  return a === b || realFile(a) === realFile(b);
}
