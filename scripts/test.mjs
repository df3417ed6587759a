// `npm test`: sets itself up, then types, lint, import direction, unused code, unit, integration, TaskFlow, the webview in a
// browser, the extension in a real VS Code. `npm test -- unit ui` runs only those parts. Ends with `N passed, N failed`.
// A part that needs what this machine lacks says that it was not run, and counts as neither.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureBuilt, ensureRuntimes, ensureTaskFlow, root, taskflow } from './lib/project.mjs';

const log = (line) => process.stdout.write(`${line}\n`);
const bin = (name) => join(root, 'node_modules', '.bin', name);
const temporary = mkdtempSync(join(tmpdir(), 'nodescope-test-'));
const total = { passed: 0, failed: 0 };
/** @type {string[]} */
const notRun = [];
/** The exit code of a part that could not be run here and has said why. */
const NOT_RUN = 3;

function spawned(command, args, { cwd = root, env = process.env } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 1, 1] });
    child.once('error', (error) => {
      log(String(error));
      resolve(1);
    });
    child.once('close', (code) => resolve(code ?? 1));
  });
}

/** One check, passed or failed as a whole. */
function check(command, args, options) {
  return async () => {
    const code = await spawned(command, args, options);
    return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1 };
  };
}

/**
 * A program that writes its own counts; without them it counts as one failure, so that a crash is never a pass.
 * Undefined when it could not be run here.
 */
function counted(command, args, options = {}) {
  return async () => {
    const file = join(temporary, `${Math.random().toString(36).slice(2)}.json`);
    const code = await spawned(command, args, { ...options, env: { ...process.env, NODESCOPE_TEST_COUNTS: file } });
    if (!existsSync(file)) return code === NOT_RUN ? undefined : { passed: 0, failed: 1 };
    const { passed, failed, pending } = JSON.parse(readFileSync(file, 'utf8'));
    if (pending > 0) log(`${pending} tests were skipped, which counts as failed here`);
    const broken = failed + pending;
    return { passed, failed: code !== 0 && broken === 0 ? 1 : broken };
  };
}

const mocha = (...args) =>
  counted(process.execPath, [
    '--import',
    'tsx',
    'node_modules/mocha/bin/mocha.js',
    '--reporter',
    'scripts/lib/counting-reporter.cjs',
    '--timeout',
    '60000',
    ...args,
  ]);

const taskflowTests = (/** @type {string[]} */ ...script) =>
  counted('npm', [...script, '--silent', '--', '--reporter', join(root, 'scripts', 'lib', 'counting-reporter.cjs')], {
    cwd: taskflow,
  });

const PARTS = {
  types: check(bin('tsc'), ['-p', '.']),
  'types-webview': check(bin('tsc'), ['-p', 'webview']),
  lint: check(bin('biome'), ['check', '--error-on-warnings', '.']),
  imports: check(process.execPath, ['scripts/check-imports.mjs']),
  unused: check(bin('knip'), ['--no-progress']),
  unit: mocha('test/unit/**/*.test.ts'),
  integration: mocha('test/integration/**/*.test.ts'),
  taskflow: taskflowTests('test'),
  'taskflow-real': taskflowTests('run', 'test:real'),
  'taskflow-ui': mocha('test/taskflow-ui/**/*.test.ts'),
  ui: mocha('test/ui/**/*.test.ts'),
  vscode: counted(process.execPath, ['test/vscode/run.mjs']),
};

async function main(names) {
  const unknown = names.filter((name) => !(name in PARTS));
  if (unknown.length > 0) {
    log(`There is no test part ${unknown.join(', ')}; there are ${Object.keys(PARTS).join(', ')}.`);
    return 1;
  }
  await ensureBuilt(log);
  await ensureTaskFlow(log);
  await ensureRuntimes(log);
  for (const [name, part] of Object.entries(PARTS)) {
    if (names.length > 0 && !names.includes(name)) continue;
    const started = Date.now();
    log(`\n== ${name}`);
    const result = await part();
    if (!result) {
      notRun.push(name);
      log(`== ${name}: not run`);
      continue;
    }
    const { passed, failed } = result;
    total.passed += passed;
    total.failed += failed;
    log(`== ${name}: ${passed} passed, ${failed} failed in ${((Date.now() - started) / 1000).toFixed(0)} s`);
  }
  if (notRun.length > 0) log(`\nNot run, see above: ${notRun.join(', ')}`);
  log(`\n${total.passed} passed, ${total.failed} failed`);
  return total.failed === 0 ? 0 : 1;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  log(error?.name === 'RigError' ? error.message : (error?.stack ?? String(error)));
  log('\n0 passed, 1 failed');
  process.exitCode = 1;
} finally {
  rmSync(temporary, { recursive: true, force: true });
}
