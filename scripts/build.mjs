// Bundles everything into dist/: the agent as one string, the command line, the library, the extension, the webview.
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const at = (...parts) => join(root, ...parts);
const common = { bundle: true, logLevel: 'warning', absWorkingDir: root, legalComments: 'none' };
const node = { ...common, platform: 'node', target: 'node20.20', sourcemap: true };

/** CommonJS parts inside an ES module bundle call `require`. */
const requireBanner = {
  js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
};

export async function buildAgent() {
  await mkdir(at('dist'), { recursive: true });
  const result = await build({
    ...common,
    entryPoints: [at('src/tracer/agent/main.ts')],
    platform: 'node',
    target: 'es2022',
    format: 'iife',
    globalName: 'nodescopeAgent',
    minify: true,
    keepNames: false,
    write: false,
  });
  const text = result.outputFiles[0].text;
  await writeFile(at('dist/agent.js'), text);
  return text;
}

export async function buildAll() {
  const agent = await buildAgent();
  const { version } = JSON.parse(await readFile(at('package.json'), 'utf8'));
  const define = { __NODESCOPE_AGENT__: JSON.stringify(agent), __NODESCOPE_VERSION__: JSON.stringify(version) };
  const jobs = [
    {
      ...node,
      define,
      format: 'esm',
      banner: requireBanner,
      entryPoints: [at('src/cli/main.ts')],
      outfile: at('dist/cli.js'),
    },
    {
      ...node,
      define,
      format: 'esm',
      banner: requireBanner,
      entryPoints: [at('src/tracer/index.ts')],
      outfile: at('dist/index.js'),
    },
    {
      ...node,
      define,
      format: 'esm',
      banner: requireBanner,
      entryPoints: [at('src/tracer/guardian/main.ts')],
      outfile: at('dist/guardian.js'),
    },
    {
      ...node,
      define,
      format: 'esm',
      banner: requireBanner,
      entryPoints: [at('src/adapter/main.ts')],
      outfile: at('dist/adapter.js'),
    },
    {
      ...node,
      define: { ...define, 'import.meta.url': '__importMetaUrl' },
      banner: { js: "const __importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
      format: 'cjs',
      external: ['vscode'],
      entryPoints: [at('src/extension/extension.ts')],
      outfile: at('dist/extension.cjs'),
    },
    {
      ...common,
      platform: 'browser',
      target: 'es2022',
      format: 'iife',
      minify: true,
      sourcemap: true,
      entryPoints: [at('webview/main.ts')],
      outfile: at('dist/webview/cinema.js'),
    },
    { ...common, minify: true, entryPoints: [at('webview/cinema.css')], outfile: at('dist/webview/cinema.css') },
  ].filter((job) => existsSync(job.entryPoints[0]));
  await Promise.all(jobs.map((job) => build(job)));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes('--agent')) await buildAgent();
  else await buildAll();
  const { size } = await import('node:fs').then((fs) => fs.statSync(at('dist/agent.js')));
  console.error(`built dist/ (agent ${Math.round(size / 1024)} KB)`);
}
