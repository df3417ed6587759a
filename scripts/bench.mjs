// `npm run bench [-- --json FILE] [-- --quick] [-- --only NAME]`: builds the agent, then runs test/bench/main.ts.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildAgent } from './build.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
await buildAgent();
const args = ['--import', 'tsx', join(root, 'test', 'bench', 'main.ts'), ...process.argv.slice(2)];
const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
process.exit(status ?? 1);
