import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PGlite } from '@electric-sql/pglite';

const packageRoot = fileURLToPath(new URL('../../../', import.meta.url));

/**
 * Opens an empty in-memory PostgreSQL. Creating a cluster takes seconds, loading a copy of one a fraction of that,
 * so the first start keeps a copy under `node_modules/.cache`. A copy that cannot be read or written is done without.
 */
export async function openEngine(): Promise<PGlite> {
  const template = await templatePath();
  const copy = template && (await readFile(template).catch(() => undefined));
  if (copy) {
    const engine = await PGlite.create({ loadDataDir: new Blob([copy]) }).catch(() => undefined);
    if (engine) return engine;
    await rm(template, { force: true });
  }
  const engine = await PGlite.create();
  if (template) await keepCopy(engine, template).catch(() => undefined);
  return engine;
}

async function templatePath(): Promise<string | undefined> {
  try {
    const entry = fileURLToPath(import.meta.resolve('@electric-sql/pglite'));
    const manifest: unknown = JSON.parse(await readFile(join(dirname(entry), '..', 'package.json'), 'utf8'));
    const version = (manifest as { version: string }).version;
    return join(packageRoot, 'node_modules', '.cache', 'taskflow', `pglite-${version}.tar`);
  } catch {
    return undefined;
  }
}

/** Written beside its place and renamed, so that a process starting at the same time never loads half a file. */
async function keepCopy(engine: PGlite, path: string): Promise<void> {
  const bytes = Buffer.from(await (await engine.dumpDataDir('none')).arrayBuffer());
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, bytes);
  await rename(draft, path);
}
