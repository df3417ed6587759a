/**
 * Runs the extension's tests in a real VS Code against a real TaskFlow: builds what is missing, starts TaskFlow as plain
 * `node` with its load generator, opens VS Code on a copy of it, and ends all of it. Exit code 0 when every test passed.
 *
 *     node test/vscode/run.mjs [--grep TEXT] [--keep-dist]
 *
 * Screenshots named vscode-* replace those in docs/images/ when all tests have passed.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { buildAll } from '../../scripts/build.mjs';
import { runExtensionTests } from '../../scripts/lib/run-vscode-tests.mjs';

const root = join(import.meta.dirname, '..', '..');
const taskflow = join(root, 'samples', 'taskflow');
const { values: given } = parseArgs({
  options: { grep: { type: 'string' }, 'keep-dist': { type: 'boolean', default: false } },
});

const work = mkdtempSync(join(tmpdir(), 'nodescope-vscode-test-'));
/** @type {import('node:child_process').ChildProcess[]} */
const children = [];
process.exitCode = 1;
try {
  if (!given['keep-dist']) await buildAll();
  const testsPath = await bundleSuite();
  const workspace = copyTaskFlow();
  const server = await startTaskFlow(workspace);
  startLoad(workspace, server.url);
  writeLaunchConfiguration(workspace, server.pid);

  const screenshotsDir = join(work, 'shots');
  const result = await runExtensionTests({
    extensionPath: root,
    testsPath,
    workspace,
    screenshotsDir,
    timeoutMs: 400_000,
    settings: { 'editor.minimap.enabled': false },
    viewport: { width: 1600, height: 950 },
    onLog: (line) => console.log(line),
    env: {
      NODESCOPE_TEST_TASKFLOW: JSON.stringify(server),
      ...(given.grep === undefined ? {} : { NODESCOPE_TEST_GREP: given.grep }),
    },
  });
  writeCounts(result.log);
  if (result.code === 0) keepImages(result.screenshots);
  else console.log(`Screenshots: ${keepForInspection(screenshotsDir)}`);
  process.exitCode = result.code;
} finally {
  await Promise.all(children.map(end));
  rmSync(work, { recursive: true, force: true });
}

/** One CommonJS file: the extension host loads nothing else, and mocha stays outside because it loads parts by name. */
async function bundleSuite() {
  const outfile = join(root, 'dist', 'test', 'vscode-suite.cjs');
  await build({
    entryPoints: [join(import.meta.dirname, 'suite', 'index.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20.20',
    format: 'cjs',
    sourcemap: 'inline',
    external: ['vscode', 'mocha'],
    logLevel: 'warning',
  });
  return outfile;
}

/** A copy, because recordings and settings are written into the workspace. */
function copyTaskFlow() {
  if (!existsSync(join(taskflow, 'node_modules'))) run('npm', ['ci', '--no-audit', '--no-fund'], taskflow);
  run('npm', ['run', '--silent', 'build'], taskflow);
  const workspace = join(work, 'taskflow');
  for (const part of ['src', 'dist', 'public', 'package.json', 'tsconfig.json']) {
    cpSync(join(taskflow, part), join(workspace, part), { recursive: true });
  }
  symlinkSync(join(taskflow, 'node_modules'), join(workspace, 'node_modules'), 'junction');
  return workspace;
}

/**
 * @param {string} cwd
 * @returns {Promise<{ url: string, pid: number }>}
 */
async function startTaskFlow(cwd) {
  const child = spawn(process.execPath, ['dist/main.js'], {
    cwd,
    env: { ...process.env, PORT: '0', TASKFLOW_SEED: '8,12,160' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  for await (const line of createInterface({ input: /** @type {import('node:stream').Readable} */ (child.stdout) })) {
    const [, url, pid] = /listening on (http:\S+) \(pid (\d+)\)/.exec(line) ?? [];
    if (url !== undefined) return { url, pid: Number(pid) };
  }
  throw new Error('TaskFlow ended before it listened; its messages are above.');
}

/**
 * @param {string} cwd
 * @param {string} url
 */
function startLoad(cwd, url) {
  const args = [
    'dist/load/main.js',
    '--url',
    url,
    '--users',
    '8',
    '--rate',
    '40',
    '--duration',
    '10m',
    '--mix',
    'tasks',
  ];
  children.push(spawn(process.execPath, args, { cwd, stdio: 'ignore' }));
}

/**
 * What a user would write to attach with F5; the pid is known here.
 *
 * @param {string} workspace
 * @param {number} processId
 */
function writeLaunchConfiguration(workspace, processId) {
  const configuration = {
    type: 'nodescope',
    request: 'attach',
    name: 'NodeScope: TaskFlow',
    processId,
    question: 'Why do two users get the same task, and why is the project page slow?',
  };
  mkdirSync(join(workspace, '.vscode'), { recursive: true });
  const content = JSON.stringify({ version: '0.2.0', configurations: [configuration] }, null, 2);
  writeFileSync(join(workspace, '.vscode', 'launch.json'), content);
}

/** @param {import('node:child_process').ChildProcess} child */
async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const hard = setTimeout(() => child.kill('SIGKILL'), 6_000);
  await exited;
  clearTimeout(hard);
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {string} cwd
 */
function run(command, args, cwd) {
  const { status } = spawnSync(command, args, { cwd, stdio: 'inherit', shell: process.platform === 'win32' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed in ${cwd}.`);
}

/**
 * What mocha said in the extension host, for `npm test`.
 *
 * @param {string | readonly string[]} log
 */
function writeCounts(log) {
  const file = process.env.NODESCOPE_TEST_COUNTS;
  if (file === undefined) return;
  const text = typeof log === 'string' ? log : log.join('\n');
  const count = (/** @type {string} */ word) => Number(new RegExp(`^\\s*(\\d+) ${word}`, 'm').exec(text)?.[1] ?? 0);
  writeFileSync(
    file,
    JSON.stringify({ passed: count('passing'), failed: count('failing'), pending: count('pending') }),
  );
}

/** @param {string[]} screenshots */
function keepImages(screenshots) {
  const images = join(root, 'docs', 'images');
  mkdirSync(images, { recursive: true });
  for (const path of screenshots.filter((file) => basename(file).startsWith('vscode-'))) {
    copyFileSync(path, join(images, basename(path)));
  }
}

/** @param {string} folder */
function keepForInspection(folder) {
  const kept = join(root, 'dist', 'test', 'screenshots');
  rmSync(kept, { recursive: true, force: true });
  if (existsSync(folder)) cpSync(folder, kept, { recursive: true });
  return kept;
}
