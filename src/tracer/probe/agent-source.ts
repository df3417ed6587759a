import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Put in by the bundler (`scripts/build.mjs`); absent when the sources run unbundled. */
declare const __NODESCOPE_AGENT__: string | undefined;

let source: string | null = null;

/** The agent's bundle: a script that defines `nodescopeAgent.install`. Unbundled runs read what the build left in dist/. */
export function agentSource(): string {
  source ??=
    typeof __NODESCOPE_AGENT__ === 'string' ? __NODESCOPE_AGENT__ : readFileSync(builtFile('agent.js'), 'utf8');
  return source;
}

/** A file of ours that the build made, found from the bundle that runs (`dist/`) as from the sources. */
export function builtFile(name: string): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'dist', name))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error(`dist/${name} is missing; run "npm run build" first`);
    folder = parent;
  }
  return join(folder, 'dist', name);
}
