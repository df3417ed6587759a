// `npm run package`: builds and makes nodescope-<version>.vsix, which carries bundles only, no node_modules.

import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createVSIX } from '@vscode/vsce';
import { ensureBuilt, root } from './lib/project.mjs';

const log = (line) => process.stderr.write(`${line}\n`);
await ensureBuilt(log);
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const packagePath = join(root, `nodescope-${version}.vsix`);
await createVSIX({
  cwd: root,
  packagePath,
  dependencies: false,
  allowMissingRepository: true,
  rewriteRelativeLinks: false,
});
process.stdout.write(`${packagePath} (${(statSync(packagePath).size / 1e6).toFixed(1)} MB)\n`);
