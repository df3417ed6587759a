import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BuildOptions, build } from 'esbuild';
import { fixture } from './app.ts';

export interface TsBuild {
  readonly name: string;
  /** Builds into `folder`; the file to start. */
  readonly into: (folder: string) => Promise<string>;
}

const source = (name: string) => fixture(`ts/src/${name}`);

/** A plugin-free rewrite is not needed: TypeScript's own output keeps module files apart, with `.js` specifiers. */
async function apart(folder: string, options: BuildOptions, extension: string): Promise<string> {
  await build({
    entryPoints: [source('main.ts'), source('lib.ts')],
    outdir: folder,
    platform: 'node',
    target: 'node20',
    outExtension: { '.js': extension },
    logLevel: 'error',
    bundle: true,
    plugins: [
      {
        name: 'keep-apart',
        setup(plugin) {
          plugin.onResolve({ filter: /^\.\/lib\.ts$/ }, () => ({ path: `./lib${extension}`, external: true }));
        },
      },
    ],
    ...options,
  });
  return join(folder, `main${extension}`);
}

async function bundled(folder: string, options: BuildOptions): Promise<string> {
  const outfile = join(folder, 'bundle.mjs');
  await build({
    entryPoints: [source('main.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'error',
    ...options,
  });
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  return outfile;
}

/** The ways a TypeScript application is commonly shipped. */
export const TS_BUILDS: readonly TsBuild[] = [
  {
    name: 'TypeScript, ES modules, external map',
    into: (folder) => apart(folder, { format: 'esm', sourcemap: 'linked' }, '.mjs'),
  },
  {
    name: 'TypeScript, CommonJS, inline map',
    into: (folder) => apart(folder, { format: 'cjs', sourcemap: 'inline' }, '.cjs'),
  },
  { name: 'TypeScript, bundled', into: (folder) => bundled(folder, { sourcemap: 'linked' }) },
  {
    name: 'TypeScript, bundled and minified',
    into: (folder) => bundled(folder, { sourcemap: 'linked', minify: true }),
  },
];
