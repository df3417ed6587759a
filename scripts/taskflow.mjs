// `npm run taskflow`: TaskFlow alone, in the foreground; PORT and the other variables of its README apply.
// `npm run cluster`: two nodes of it that share a database.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ensureTaskFlow, taskflow } from './lib/project.mjs';

await ensureTaskFlow((line) => process.stderr.write(`${line}\n`));
const main = process.argv.includes('--cluster') ? ['cluster', 'main.js'] : ['main.js'];
const child = spawn(process.execPath, [join(taskflow, 'dist', ...main)], { cwd: taskflow, stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
process.exitCode = await new Promise((resolve) => child.once('exit', (code) => resolve(code ?? 0)));
