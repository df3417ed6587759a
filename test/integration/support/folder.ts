import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const made = new Set<string>();

/** A folder of its own, removed by `removeFolders`. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'nodescope-test-'));
  made.add(path);
  return path;
}

export function removeFolders(): void {
  for (const path of made) rmSync(path, { recursive: true, force: true });
  made.clear();
}
