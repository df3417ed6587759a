// Checks the import direction of DESIGN 2 and that `vscode` is imported in src/extension/ alone. Part of `npm test`.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Which areas an area may import from besides itself; `types` only as `import type`. */
const RULES = {
  'src/tracer/error': { from: [] },
  'src/tracer/event': { from: ['src/tracer/error'] },
  'src/tracer/safety': { from: ['src/tracer/error', 'src/tracer/event'] },
  'src/tracer/plan': { from: ['src/tracer/error', 'src/tracer/event', 'src/tracer/safety'] },
  'src/tracer/agent': { from: [], types: ['src/tracer/plan', 'src/tracer/event'] },
  'src/tracer/finding': {
    from: ['src/tracer/error', 'src/tracer/event', 'src/tracer/query'],
    types: ['src/tracer/store', 'src/tracer/plan'],
  },
  'src/tracer/store': {
    from: ['src/tracer/error', 'src/tracer/event', 'src/tracer/plan'],
    types: ['src/tracer/finding', 'src/tracer/query'],
  },
  'src/tracer/query': {
    from: ['src/tracer/error', 'src/tracer/event', 'src/tracer/store'],
    types: ['src/tracer/finding'],
  },
  'src/tracer/report': {
    from: ['src/tracer/error', 'src/tracer/event', 'src/tracer/store', 'src/tracer/query', 'src/tracer/finding'],
  },
  'src/tracer/target': { from: ['src/tracer/error', 'src/tracer/event'] },
  'src/tracer/probe': {
    from: [
      'src/tracer/error',
      'src/tracer/event',
      'src/tracer/safety',
      'src/tracer/plan',
      'src/tracer/target',
      'src/tracer/agent',
    ],
    types: ['src/tracer/store'],
  },
  'src/tracer/guardian': { from: ['src/tracer/probe', 'src/tracer/target'] },
  'src/tracer/session': { from: ['src/tracer'] },
  'src/tracer': { from: ['src/tracer'] },
  'src/adapter': { from: ['src/tracer'] },
  'src/cli': { from: ['src/tracer'] },
  'src/extension': { from: ['src/tracer', 'src/adapter', 'webview'] },
  webview: {
    from: [],
    types: ['src/tracer/event', 'src/tracer/query', 'src/tracer/store', 'src/tracer/finding'],
    files: ['src/tracer/event', 'src/tracer/query/timeline-window.ts'],
  },
  samples: { from: [] },
};

function* sources(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (!['node_modules', 'dist', 'dist-test'].includes(entry.name)) yield* sources(path);
    } else if (/\.[cm]?tsx?$/.test(entry.name)) yield path;
  }
}

const slashes = (path) => path.split(sep).join('/');
const areaOf = (path) =>
  Object.keys(RULES)
    .filter((area) => path === area || path.startsWith(`${area}/`))
    .sort((a, b) => b.length - a.length)[0];
const within = (path, areas = []) => areas.some((area) => path === area || path.startsWith(`${area}/`));

const IMPORT = /^\s*(import|export)\s+(type\s+)?(?:[^'"`;]*?\sfrom\s+)?['"]([^'"]+)['"]/gm;
const problems = [];
let files = 0;
for (const folder of ['src', 'webview', 'samples']) {
  for (const path of sources(join(root, folder))) {
    files++;
    const name = slashes(relative(root, path));
    const area = areaOf(name);
    const rule = RULES[area];
    const text = readFileSync(path, 'utf8');
    for (const [, , typeOnly, specifier] of text.matchAll(IMPORT)) {
      if (specifier === 'vscode' && area !== 'src/extension')
        problems.push(`${name}: imports vscode, which only src/extension may`);
      if (/nodescope/i.test(specifier) && area === 'samples')
        problems.push(`${name}: TaskFlow must not know of NodeScope`);
      if (!specifier.startsWith('.')) {
        if (area === 'src/tracer/agent' && !typeOnly)
          problems.push(`${name}: the agent has no dependencies, but imports ${specifier}`);
        continue;
      }
      const target = slashes(relative(root, resolve(dirname(path), specifier)));
      const to = areaOf(target);
      if (to === area || target.startsWith(`${area}/`)) continue;
      const allowed =
        within(target, rule.from) || within(target, rule.files) || (typeOnly && within(target, rule.types));
      if (!allowed)
        problems.push(`${name}: ${area} must not import ${typeOnly ? '' : 'code of '}${to ?? target} (${specifier})`);
    }
  }
}
for (const problem of problems) console.error(problem);
console.error(
  problems.length === 0
    ? `import direction: ${files} files, all as drawn`
    : `import direction: ${problems.length} problems`,
);
process.exitCode = problems.length === 0 ? 0 : 1;
