// `npm start`: TaskFlow under load with NodeScope in VS Code; `npm start -- --headless`: the same in the terminal.
import { spawn } from 'node:child_process';
import { ensureBuilt, ensureTaskFlow, root, taskflow } from './lib/project.mjs';

const QUESTION = 'Why do two users get the same task, and why is the project page slow?';
const HELP = `npm start [-- --headless] [--duration 15s] [--port N]
  without --headless  opens VS Code on TaskFlow under load: press F5 to attach
  --headless          records in the terminal and ends with the report
  --duration          how long the headless recording runs (15s)
  --port              where the VS Code server listens, when there is no desktop VS Code
`;

const log = (line) => process.stderr.write(`${line}\n`);

async function headless(duration) {
  const { startLoad, startTaskFlow } = await import('./lib/taskflow.mjs');
  const app = await startTaskFlow();
  log(`TaskFlow runs at ${app.url} (pid ${app.pid}), as plain node, without inspector flags`);
  const load = startLoad({ url: app.url, duration: '10m' });
  try {
    const args = [
      'dist/cli.js',
      'record',
      '--pid',
      String(app.pid),
      '--ask',
      QUESTION,
      '--workspace',
      taskflow,
      '--duration',
      duration,
    ];
    const recorder = spawn(process.execPath, args, { cwd: root, stdio: 'inherit' });
    const code = await new Promise((resolve) => recorder.once('close', resolve));
    const health = await fetch(`${app.url}/health`);
    log(health.ok ? 'TaskFlow goes on serving, with its own functions back' : `TaskFlow answers ${health.status}`);
    return code === 0 && health.ok ? 0 : 1;
  } finally {
    await load.stop();
    await app.stop();
  }
}

async function inVsCode(port) {
  const { startLoad, startTaskFlow } = await import('./lib/taskflow.mjs');
  const { openVsCode } = await import('./lib/open-vscode.mjs');
  const app = await startTaskFlow();
  const load = startLoad({ url: app.url, duration: '12h', users: 10 });
  const configuration = {
    name: 'NodeScope: attach to TaskFlow',
    type: 'nodescope',
    request: 'attach',
    processId: app.pid,
    question: QUESTION,
  };
  const settings = { launch: { version: '0.2.0', configurations: [configuration] } };
  const code = await openVsCode({
    workspace: taskflow,
    extensionPath: root,
    log,
    settings,
    ...(port === undefined ? {} : { port }),
  });
  process.stdout.write(`\nTaskFlow under load:  ${app.url}  (pid ${app.pid}, plain node)\n`);
  process.stdout.write(
    code.url === undefined
      ? 'VS Code is open: press F5 to attach.\n'
      : `VS Code with NodeScope: ${code.url}\nOpen it and press F5 to attach.\n`,
  );
  process.stdout.write('Ctrl-C ends everything.\n');
  await Promise.race([
    code.exited,
    app.exited,
    new Promise((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, resolve);
    }),
  ]);
  await code.stop();
  await load.stop();
  await app.stop();
  return 0;
}

function option(args, name) {
  const index = args.indexOf(name);
  return index < 0 ? undefined : args[index + 1];
}

async function main(args) {
  if (args.includes('--help')) {
    process.stdout.write(HELP);
    return 0;
  }
  await ensureBuilt(log);
  await ensureTaskFlow(log);
  if (args.includes('--headless')) return headless(option(args, '--duration') ?? '15s');
  const port = option(args, '--port');
  return inVsCode(port === undefined ? undefined : Number(port));
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  log(error?.name === 'RigError' ? error.message : (error?.stack ?? String(error)));
  process.exitCode = 1;
}
