import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Put in by the bundler (`scripts/build.mjs`); absent when the sources run unbundled. */
declare const __NODESCOPE_AGENT__: string | undefined;

let source: string | null = null;

/** The agent's bundle: a script that defines `nodescopeAgent.install`. Unbundled runs read what the build left in dist/. */
export function agentSource(): string {
  source ??= typeof __NODESCOPE_AGENT__ === 'string' ? __NODESCOPE_AGENT__ : readFileSync(builtAgent(), 'utf8');
  return source;
}

function builtAgent(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'dist', 'agent.js'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error('dist/agent.js is missing; run "npm run build" first');
    folder = parent;
  }
  return join(folder, 'dist', 'agent.js');
}
