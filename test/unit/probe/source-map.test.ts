import { strict as assert } from 'node:assert';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { transformSync } from 'esbuild';
import { resolveFunction } from '../../../src/tracer/probe/resolve.ts';
import { ScriptRegistry } from '../../../src/tracer/probe/script-registry.ts';
import { SourceMapping } from '../../../src/tracer/probe/source-map.ts';
import type { Inspector } from '../../../src/tracer/target/inspector.ts';

const SOURCE = `interface Task { readonly id: number }

export class Tasks {
  private readonly all: Task[] = [];

  add(task: Task): number {
    return this.all.push(task);
  }
}
export const first = (tasks: readonly Task[]): Task | undefined => tasks[0];
`;

let root: string;
let original: string;
let script: string;
let code: string;
let map: string;

/** A registry that has seen one script, as the inspector would report it. */
function registryOf(sourceMapURL: string): ScriptRegistry {
  let seen: (parsed: unknown) => void = () => {};
  const inspector = {
    on: (_event: string, listener: (parsed: unknown) => void) => {
      seen = listener;
      return () => {};
    },
    send: async () => ({ scriptSource: code }),
  };
  const registry = new ScriptRegistry(inspector as unknown as Inspector);
  seen({ scriptId: '1', url: pathToFileURL(script).href, sourceMapURL, isModule: true, executionContextId: 1 });
  return registry;
}

const inline = (text: string) => `data:application/json;base64,${Buffer.from(text).toString('base64')}`;

/** What a probe in the original source resolves to: `file:line name`. */
async function atOriginal(sourceMapURL: string, name: string): Promise<string> {
  const [found, ...others] = await resolveFunction(registryOf(sourceMapURL), `src/tasks.ts#${name}`);
  assert.ok(found !== undefined && others.length === 0);
  assert.equal(found.warning, '');
  return `${found.location.file}:${found.location.line} ${found.name}`;
}

/** Without a usable map the script itself is what probes name; the sentence that says why. */
async function unmapped(sourceMapURL: string): Promise<string> {
  const registry = registryOf(sourceMapURL);
  await assert.rejects(resolveFunction(registry, 'src/tasks.ts#Tasks.add'), {
    code: 'probe.file-not-loaded',
    message: `No loaded script comes from "src/tasks.ts"; the process runs ${script}.`,
  });
  const [found] = await resolveFunction(registry, 'tasks.mjs#Tasks.add');
  assert.equal(found?.location.file, script);
  return found?.warning ?? '';
}

describe('source maps', () => {
  before(() => {
    root = mkdtempSync(join(tmpdir(), 'nodescope-map-'));
    for (const folder of ['src', 'dist']) mkdirSync(join(root, folder));
    original = join(root, 'src', 'tasks.ts');
    script = join(root, 'dist', 'tasks.mjs');
    writeFileSync(original, SOURCE);
    const built = transformSync(SOURCE, {
      loader: 'ts',
      sourcemap: true,
      sourcefile: '../src/tasks.ts',
      format: 'esm',
    });
    code = built.code;
    map = built.map;
    writeFileSync(script, code);
    writeFileSync(join(root, 'dist', 'tasks.mjs.map'), map);
    writeFileSync(join(root, 'dist', 'guarded.map'), `)]}'\n${map}`);
    writeFileSync(join(root, 'dist', 'broken.map'), map.slice(0, 100));
    writeFileSync(join(root, 'dist', 'other.map'), JSON.stringify({ version: 2, hello: 'there' }));
  });
  after(() => rmSync(root, { recursive: true, force: true }));

  const GOOD: readonly [what: string, url: () => string][] = [
    ['beside the script', () => 'tasks.mjs.map'],
    ['at a file URL', () => pathToFileURL(join(root, 'dist', 'tasks.mjs.map')).href],
    ['at an absolute path', () => join(root, 'dist', 'tasks.mjs.map')],
    ['with a guard against inclusion', () => 'guarded.map'],
    ['inline in base64', () => inline(map)],
    ['inline as text', () => `data:application/json;charset=utf-8,${encodeURIComponent(map)}`],
    [
      'in sections',
      () =>
        inline(JSON.stringify({ version: 3, sections: [{ offset: { line: 0, column: 0 }, map: JSON.parse(map) }] })),
    ],
    ['without the source inside', () => inline(JSON.stringify({ ...JSON.parse(map), sourcesContent: undefined }))],
    [
      'with a source root',
      () => inline(JSON.stringify({ ...JSON.parse(map), sourceRoot: root, sources: ['src/tasks.ts'] })),
    ],
  ];
  for (const [what, url] of GOOD) {
    it(`lead to the original: ${what}`, async () => {
      assert.equal(await atOriginal(url(), 'Tasks.add'), `${original}:6 Tasks.add`);
      assert.equal(await atOriginal(url(), 'first'), `${original}:10 first`);
    });
  }

  it('know the lines, the columns, and the text of their sources', async () => {
    const mapping = await SourceMapping.load(script, inline(map));
    assert.ok(mapping instanceof SourceMapping);
    assert.deepEqual(mapping.sources, [original]);
    assert.equal(mapping.content(original), SOURCE);
    assert.equal(mapping.content(script), null);
    assert.equal(mapping.empty, false);
    const line = code.split('\n').findIndex((text) => text.includes('this.all.push'));
    const column = code.split('\n')[line]?.indexOf('this.all.push') as number;
    const { file, line: originalLine, column: originalColumn } = mapping.original({ line, column }) ?? {};
    assert.deepEqual([file, originalLine, originalColumn], [original, 7, 11]);
    assert.equal(mapping.original({ line: 10_000, column: 0 }), null);
  });

  it('that map nothing are told from others', async () => {
    const mapping = await SourceMapping.load(script, inline('{"version":3,"sources":[],"mappings":""}'));
    assert.ok(mapping instanceof SourceMapping && mapping.empty);
  });

  it('that are not there need no words', async () => assert.equal(await unmapped(''), ''));

  const BAD: readonly [what: string, url: () => string, why: RegExp][] = [
    ['missing', () => 'nowhere.map', /ENOENT/],
    ['cut off', () => 'broken.map', /JSON/],
    ['something else', () => 'other.map', /./],
    ['broken inline', () => inline('no map'), /JSON/],
    ['inline with a broken escape', () => 'data:application/json,%E0%A4%A', /URI malformed/],
    [
      'on the network',
      () => 'https://example.com/tasks.mjs.map',
      /it is on the network, which NodeScope does not read/,
    ],
  ];
  for (const [what, url, why] of BAD) {
    it(`that cannot be used are said to be: ${what}`, async () => {
      const warning = await unmapped(url());
      assert.match(warning, /^its source map cannot be used \(.+\)$/);
      assert.match(warning, why);
    });
  }

  it('of code that is no file cannot be relative', async () => {
    assert.match(String(await SourceMapping.load(null, 'a.map')), /the script is no file/);
    assert.ok((await SourceMapping.load(null, inline(map))) instanceof SourceMapping);
  });
});
