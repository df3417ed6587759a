// `npm run taskflow`: TaskFlow alone, in the foreground; PORT and the other variables of its README apply.
// `npm run cluster`: two nodes of it that share a database.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import { ensureTaskFlow, taskflow } from './lib/project.mjs';

await ensureTaskFlow((line) => process.stderr.write(`${line}\n`));
const main = process.argv.includes('--cluster') ? ['cluster', 'main.js'] : ['main.js'];
const child = spawn(process.execPath, [join(taskflow, 'dist', ...main)], { cwd: taskflow, stdio: 'inherit' });
// Each once: what comes again comes from a terminal, which has signalled the child itself.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  let passedOn = false;
  process.on(signal, () => {
    if (!passedOn) child.kill(signal);
    passedOn = true;
  });
}
process.exitCode = await new Promise((resolve) =>
  child.once('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal])),
);
