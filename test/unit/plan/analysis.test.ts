import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { NodeScopeError } from '../../../src/tracer/error/error.ts';
import { analyseFile } from '../../../src/tracer/plan/analysis/file.ts';
import { CallGraph } from '../../../src/tracer/plan/analysis/graph.ts';
import type { FileAnalysis, FunctionAnalysis } from '../../../src/tracer/plan/analysis/model.ts';
import { signalsOf } from '../../../src/tracer/plan/analysis/signals.ts';
import { analyseSql } from '../../../src/tracer/plan/analysis/sql.ts';
import { stem } from '../../../src/tracer/plan/analysis/words.ts';
import { analyseSources, mergeAnalyses, WorkspaceAnalyser } from '../../../src/tracer/plan/analysis/workspace.ts';
import { indexFunctions } from '../../../src/tracer/probe/function-index.ts';

const analyse = (text: string, path = 'a.ts'): FileAnalysis => analyseFile(`/w/${path}`, path, text);

function fn(file: FileAnalysis, name: string): FunctionAnalysis {
  const found = file.functions.find((candidate) => candidate.name === name);
  assert.ok(found, `${name} is not among ${file.functions.map((candidate) => candidate.name).join(', ')}`);
  return found;
}

describe('functions of a file', () => {
  const text = `
    import { wrap } from './wrap.js';
    /** Loads a project. */
    export async function loadProject(id, { deep }, ...rest) { function inner() {} return inner(); }
    export const list = async () => [];
    const old = function () {};
    const wrapped = wrap(async (request) => request);
    export class Manager {
      static create() { return new Manager(); }
      handle = async (event) => event;
      #secret() {}
      get size() { return 1; }
      set size(value) {}
      constructor(store) { this.late = () => 1; }
      *walk() {}
      async assign(taskId, userId = 1) {}
    }
    const api = { list() {}, get: async (id) => id, nested: { deep: () => 1 } };
    exports.foo = function () {};
    module.exports = { bar() {}, baz: () => 1 };
    Manager.prototype.legacy = function (a) {};
    export default { main() {} };
    function factory() { return { open() {}, close: () => 1 }; }
  `;
  const file = analyse(text, 'src/a.js');

  it('names them as users write them, with kind and flags', () => {
    const shown = file.functions.map(
      (one) => `${one.name} ${one.kind}${one.async ? ' async' : ''}${one.nested ? ' nested' : ''}`,
    );
    assert.deepEqual(shown, [
      'loadProject declaration async',
      'inner declaration nested',
      'list arrow async',
      'old expression',
      'wrapped handler async',
      'Manager.create static',
      'Manager.handle field async',
      'Manager.#secret method',
      'Manager.size getter',
      'Manager.size setter',
      'Manager.constructor constructor',
      'Manager.late field nested',
      'Manager.walk method',
      'Manager.assign method async',
      'api.list object-method',
      'api.get object-method async',
      'api.nested.deep object-method',
      'foo expression',
      'bar object-method',
      'baz object-method',
      'Manager.legacy expression',
      'default.main object-method',
      'factory declaration',
      'open object-method nested',
      'close object-method nested',
    ]);
    assert.deepEqual(fn(file, 'loadProject').params, ['id', null, null]);
    assert.deepEqual(fn(file, 'Manager.assign').params, ['taskId', 'userId']);
    assert.equal(fn(file, 'loadProject').at, 'src/a.js#loadProject');
    assert.equal(fn(file, 'wrapped').at, null);
    assert.ok(fn(file, 'loadProject').exported && !fn(file, 'old').exported);
    assert.ok(fn(file, 'loadProject').words.comment.has(stem('project')));
  });

  it('agrees with the names that the resolver of probes gives to the running script', () => {
    const resolver = new Set(indexFunctions(text, true).map((node) => node.name));
    for (const one of file.functions) {
      if (one.at !== null) assert.ok(resolver.has(one.name), `${one.name} is unknown to the resolver`);
    }
  });

  it('understands TypeScript: types of fields and parameters, decorators, parameter properties', () => {
    const typed = analyse(`
      @injectable() class Service {
        private readonly slots = new Map<number, string>();
        static count: number = 0;
        constructor(private readonly repo: TaskRepository, @inject() other: Other) {}
        async run(helper: Helper): Promise<void> { await this.repo.find(helper as unknown as string); }
        abstract nothing(): void;
      }
      enum Colour { red } declare function ambient(): void; namespace N { export function inside() {} }
    `);
    const [service] = typed.classes;
    assert.deepEqual(
      service?.fields.map(({ name, type }) => [name, type]),
      [
        ['slots', 'Map'],
        ['count', 'number'],
        ['repo', 'TaskRepository'],
      ],
    );
    assert.equal(fn(typed, 'Service.run').types.get('helper'), 'Helper');
    assert.deepEqual(
      fn(typed, 'Service.run').calls.map((call) => call.name),
      ['this.repo.find'],
    );
    assert.ok(fn(typed, 'inside'));
  });

  it('keeps going through broken, deep and huge texts', () => {
    assert.notEqual(analyse('function f( {').syntaxError, null);
    assert.equal(analyse('const a = ;\nfunction g() {}').functions.length <= 1, true);
    assert.equal(analyse(`const x = ${'['.repeat(20_000)}${']'.repeat(20_000)};`).functions.length, 0);
    assert.equal(analyse(`const x = ${'a+'.repeat(30_000)}a;`).functions.length, 0);
    assert.equal(analyse('').syntaxError, null);
    assert.equal(analyse('#!/usr/bin/env node\nfunction f() {}', 'a.js').functions.length, 1);
  });
});

/** Hazards of the method `m` of a class with this body, as `kind path`. */
function hazards(body: string, fields = 'slots = new Map(); n = 0;'): string[] {
  const file = analyse(`class A { ${fields} ${body} }`);
  return fn(file, 'A.m').hazards.map(
    (hazard) =>
      `${hazard.kind} ${hazard.path}${hazard.guarded ? ' guarded' : ''}${hazard.constant ? ' constant' : ''}${hazard.external ? ' external' : ''}`,
  );
}

describe('state around awaits', () => {
  const dangerous: [why: string, body: string, found: string][] = [
    [
      'get, await, set',
      'async m(k) { const s = this.slots.get(k); await f(); this.slots.set(k, s + 1); }',
      'read-await-write slots',
    ],
    ['compound assignment with an await', 'async m() { this.n += await f(); }', 'read-await-write n'],
    ['local copy', 'async m() { const n = this.n; await f(); this.n = n + 1; }', 'read-await-write n'],
    ['lazy initialisation', 'async m() { if (!this.pool) this.pool = await open(); }', 'read-await-write pool'],
    [
      'write in a then callback',
      'm() { const n = this.n; f().then(() => { this.n = n + 1; }); }',
      'read-await-write n',
    ],
    [
      'alias of the whole',
      'async m(k) { const slots = this.slots; const s = slots.get(k); await f(); slots.set(k, s); }',
      'read-await-write slots',
    ],
    [
      'alias of an element',
      'async m(k) { const slot = this.slots.get(k); await f(); slot.owner = k; }',
      'read-await-write slots',
    ],
    ['index access', 'async m(k) { const s = this.table[k]; await f(); this.table[k] = s; }', 'read-await-write table'],
    [
      'one branch only',
      'async m(k) { const s = this.slots.get(k); await f(); if (s) { this.slots.set(k, 1); } else { other(); } }',
      'read-await-write slots',
    ],
    [
      'through methods of the class',
      'read(k) { return this.slots.get(k); } write(k, v) { this.slots.set(k, v); } async m(k) { const s = this.read(k); await f(); this.write(k, s); }',
      'read-await-write slots',
    ],
    [
      'destructured this',
      'async m(k) { const { slots } = this; const s = slots.get(k); await f(); slots.set(k, s); }',
      'read-await-write slots',
    ],
    [
      'nested path',
      'async m() { const c = this.state.count; await f(); this.state.count = c + 1; }',
      'read-await-write state.count',
    ],
    ['yield of an async generator', 'async *m() { const n = this.n; yield 1; this.n = n + 1; }', 'read-await-write n'],
    [
      'loop',
      'async m(list) { for (const x of list) { const n = this.n; await f(x); this.n = n + x; } }',
      'read-await-write n',
    ],
    [
      'remote cache',
      'async m(k) { const s = await this.cache.get(k); await this.cache.set(k, s + 1); }',
      'read-await-write cache external',
    ],
    ['private field', 'async m(k) { const s = this.#x; await f(); this.#x = s; }', 'read-await-write #x'],
    ['flag', 'async m() { if (this.open) return; await f(); this.open = true; }', 'read-await-write open constant'],
    [
      'inside a lock',
      'async m(k) { await this.mutex.runExclusive(async () => { const s = this.slots.get(k); await f(); this.slots.set(k, s); }); }',
      'read-await-write slots guarded',
    ],
    [
      'check before, write after a fresh read',
      'async m(k) { if (this.slots.has(k)) return; await f(); this.n++; this.slots.set(k, this.slots.size); }',
      'check-await-act slots',
    ],
  ];
  for (const [why, body, found] of dangerous) it(`finds: ${why}`, () => assert.deepEqual(hazards(body, ''), [found]));

  const harmless: [why: string, body: string][] = [
    [
      'read and write with no await between',
      'async m(k) { await f(); this.slots.set(k, (this.slots.get(k) ?? 0) + 1); await f(); }',
    ],
    ['counter around an await', 'async m() { this.n++; try { await f(); } finally { this.n--; } }'],
    ['booked before the await', 'async m(k) { const s = this.slots.get(k); this.slots.set(k, s + 1); await f(s); }'],
    ['different state', 'async m(k) { const n = this.n; await f(); this.slots.set(k, n); }'],
    ['different paths of one object', 'async m() { const a = this.state.a; await f(); this.state.b = a; }'],
    [
      'await in a branch that returns',
      'async m(k) { const s = this.slots.get(k); if (!s) { await f(); return; } this.slots.set(k, s + 1); }',
    ],
    ['read only', 'async m(k) { const s = this.slots.get(k); await f(); return this.slots.get(k) === s; }'],
    ['a service is no state', 'async m(k) { const s = await this.repo.find(k); await this.repo.save(s); }'],
    ['a parameter hides the outer variable', 'async m(slots) { const s = slots.get(1); await f(); slots.set(1, s); }'],
    ['no await at all', 'm(k) { const s = this.slots.get(k); this.slots.set(k, s + 1); }'],
  ];
  for (const [why, body] of harmless) it(`is silent: ${why}`, () => assert.deepEqual(hazards(body), []));

  it('knows variables of the module and of a surrounding function', () => {
    const file = analyse(`
      let total = 0; const slots = new Map(); const config = load();
      export async function a(k) { const s = slots.get(k); await f(); slots.set(k, s); }
      async function b() { const t = total; await f(config); total = t + 1; }
      async function c(slots) { const s = slots.get(1); await f(); slots.set(1, s); }
      function create() { const mine = {}; return { async d(k) { const v = mine[k]; await f(); mine[k] = v; } }; }
    `);
    const found = (name: string) => fn(file, name).hazards.map((hazard) => `${hazard.root} ${hazard.path}`);
    assert.deepEqual(
      [found('a'), found('b'), found('c'), found('d')],
      [['outer slots'], ['outer total'], [], ['outer mine']],
    );
  });
});

describe('queries, loops and routes', () => {
  it('reads tables, locks and relative updates from SQL', () => {
    const parts = (sql: string) => {
      const { reads, writes, safe } = analyseSql(sql, 1);
      return [reads.join(), writes.join(), safe];
    };
    assert.deepEqual(parts('SELECT * FROM public."tasks" t JOIN users u ON u.id = t.user_id'), [
      'tasks,users',
      '',
      false,
    ]);
    assert.deepEqual(parts('select * from slots where id = $1 for update'), ['slots', '', true]);
    assert.deepEqual(parts('UPDATE stock SET n = $1 WHERE id = $2'), ['', 'stock', false]);
    assert.deepEqual(parts('UPDATE stock SET n = n - 1 WHERE id = $2'), ['', 'stock', true]);
    assert.deepEqual(parts('UPDATE stock SET n = $1, version = 2 WHERE id = $2 AND version = 1'), ['', 'stock', true]);
    assert.deepEqual(parts('WITH old AS (SELECT 1 FROM a) INSERT INTO b SELECT * FROM old'), ['a', 'b', false]);
    assert.deepEqual(parts('DELETE FROM loans WHERE id = 1'), ['', 'loans', false]);
    assert.deepEqual(parts('INSERT INTO x (a) SELECT * FROM unnest($1::int[])'), ['', 'x', false]);
  });

  it('finds routes as the frameworks declare them', () => {
    const file = analyse(
      `
      app.get('/a', show); router.post('/b', auth, controller.create); fastify.route({ method: 'PUT', url: '/c', handler: async () => save() });
      api.delete('/d/:id', wrap(async (req) => remove(req))); app.all('*', fallback); app.get(\`\${'/e'}/:x\`, show.bind(this));
      map.get('/not'); cache.get('key', () => 1); axios.post(url, body); map.set('/x', 1);
    `,
      'a.js',
    );
    assert.deepEqual(
      file.routes.map((route) => `${route.method} ${route.path} -> ${route.handlers.join(' ')}`),
      [
        'GET /a -> show',
        'POST /b -> auth controller.create',
        'PUT /c -> PUT /c',
        'DELETE /d/:id -> wrap DELETE /d/:id',
        'ALL * -> fallback',
        'GET /e/:x -> show',
      ],
    );
    assert.deepEqual(
      fn(file, 'DELETE /d/:id').calls.map((call) => call.name),
      ['remove'],
    );
  });

  it('follows calls through fields, parameters, imports, CommonJS and superclasses to queries and routes', () => {
    const analysis = analyseSources(
      [
        {
          path: '/w/repo.ts',
          text: `export class Base { async all(id) { return this.db.query('SELECT * FROM t WHERE id = $1', [id]); } }\nexport class Repo extends Base {}`,
        },
        {
          path: '/w/service.ts',
          text: `import type { Repo } from './repo.ts';\nimport { helper } from './util/index.js';\nexport class Service { constructor(private repo: Repo) {} async load(ids: number[]) { for (const id of ids) await this.repo.all(id); helper(); } }`,
        },
        { path: '/w/util/index.js', text: `exports.helper = () => 1;` },
        {
          path: '/w/app.js',
          text: `const util = require('./util'); const { Service } = require('./service');\nmodule.exports = (app, service) => { app.get('/x', async () => { util.helper(); return service.load([1]); }); };`,
        },
      ],
      '/w',
    );
    const graph = new CallGraph(analysis);
    const node = (name: string) => {
      const found = graph.nodes.find((one) => one.fn.name === name);
      assert.ok(found, name);
      return found;
    };
    const signals = signalsOf(graph);
    assert.deepEqual(
      node('Service.load').callees.map((edge) => edge.node.fn.name),
      ['Base.all', 'helper'],
    );
    assert.deepEqual(
      node('GET /x').callees.map((edge) => edge.node.fn.name),
      ['helper', 'Service.load'],
    );
    assert.equal(signals.get(node('Service.load'))?.queryLoop?.via, 'this.repo.all');
    assert.deepEqual(signals.get(node('Base.all'))?.routes, ['GET /x']);
  });
});

describe('workspace analysis', () => {
  let root: string;
  const write = async (path: string, text: string) => {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  };
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'plan-workspace-'));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));
  const files = async (analyser = new WorkspaceAnalyser(root)) =>
    (await analyser.analyse()).files.map((file) => file.relative);

  it('leaves out dependencies, build output, hidden folders, declarations, links; keeps plain JavaScript', async () => {
    await write('src/a.ts', 'export function a() {}');
    await write('src/only.js', 'function only() {}');
    await write('node_modules/x/index.js', 'function x() {}');
    await write('.cache/y.js', '');
    await write('src/types.d.ts', 'export {};');
    await write('dist/a.js', 'function a() {}\n//# sourceMappingURL=a.js.map');
    await write('dist/a.js.map', JSON.stringify({ version: 3, sources: ['../src/a.ts'], mappings: '' }));
    await write(
      'out/bundle.js',
      `function a() {}\n//# sourceMappingURL=data:application/json;base64,${Buffer.from(JSON.stringify({ sources: ['../src/a.ts'] })).toString('base64')}`,
    );
    await write('build/a.js', 'function a() {} // no map, but the same path as src/a.ts');
    await write('build/real.js', 'function real() {}');
    await write('public/app.min.js', '');
    await symlink(root, join(root, 'src/loop'));
    assert.deepEqual(await files(), ['build/real.js', 'src/a.ts', 'src/only.js']);
  });

  it('marks test files, which the planner leaves out', async () => {
    await write('test/a.ts', 'export function task() {}');
    await write('src/a.test.ts', '');
    await write('src/contest.ts', '');
    const analysis = await new WorkspaceAnalyser(root).analyse();
    assert.deepEqual(
      analysis.files.map((file) => [file.relative, file.test]),
      [
        ['src/a.test.ts', true],
        ['src/contest.ts', false],
        ['test/a.ts', true],
      ],
    );
    assert.deepEqual(new CallGraph(analysis).nodes, []);
  });

  it('reads again only what changed', async () => {
    await write('a.js', 'function one() {}');
    await write('b.js', 'function two() {}');
    const analyser = new WorkspaceAnalyser(root);
    const first = await analyser.analyse();
    await write('a.js', 'function three() {}');
    await utimes(join(root, 'a.js'), new Date(), new Date(Date.now() + 5_000));
    const second = await analyser.analyse();
    assert.equal(second.files[1], first.files[1], 'the unchanged file is the same object');
    assert.equal(second.files[0]?.functions[0]?.name, 'three');
    await rm(join(root, 'b.js'));
    assert.deepEqual(await files(analyser), ['a.js']);
  });

  it('says what it skipped: files over 1 MB, more files than the bound', async () => {
    await write('big.js', `// ${'x'.repeat(1_000_100)}`);
    await write('sub/a.js', '');
    await write('sub/b.js', '');
    const all = await new WorkspaceAnalyser(root).analyse();
    assert.deepEqual(all.skipped, [{ file: 'big.js', why: 'it is larger than 1 MB' }]);
    await write('sub/deeper/c.js', '');
    const bounded = await new WorkspaceAnalyser(root, 2).analyse();
    assert.ok(bounded.files.length <= 2);
    assert.match(bounded.skipped.map(({ why }) => why).join(), /more than 2 source files/);
  });

  it('refuses a folder that is not there with one sentence, and stops when told', async () => {
    await assert.rejects(
      new WorkspaceAnalyser(join(root, 'none')).analyse(),
      (error) => error instanceof NodeScopeError && error.code === 'plan.workspace',
    );
    await write('a.js', '');
    await assert.rejects(new WorkspaceAnalyser(root).analyse(AbortSignal.abort()), { name: 'AbortError' });
  });

  it('analyses running scripts without files, and completes a workspace by them', async () => {
    await write('a.js', 'function fromDisk() {}');
    const disk = await new WorkspaceAnalyser(root).analyse();
    const base = disk.root ?? '';
    const running = analyseSources(
      [
        { path: join(base, 'a.js'), text: 'function fromMemory() {}' },
        { path: join(base, 'gen/b.js'), text: 'function b() {}' },
        { path: join(base, 'gen/b.js'), text: 'function b() {}' },
        { path: 'file:///elsewhere/c.ts', text: 'function c() {}' },
        { path: '/x/node_modules/y/index.js', text: 'function y() {}' },
      ],
      base,
    );
    const merged = mergeAnalyses(disk, running);
    assert.deepEqual(
      merged.files.map((file) => file.functions[0]?.at),
      ['a.js#fromDisk', 'gen/b.js#b', '/elsewhere/c.ts#c'],
    );
  });

  it('reads 500 files, and again only those that have changed', async function () {
    this.timeout(60_000);
    const body = (index: number) =>
      `import { x } from './f0.ts';\nexport class C${index} {\n  slots = new Map<number, number>();\n  async assign(id: number) { const s = this.slots.get(id) ?? 0; await x(id); this.slots.set(id, s + 1); }\n  list() { return [...this.slots].map(([k, v]) => ({ k, v })); }\n}\nexport async function load${index}(db: Db, ids: number[]) { for (const id of ids) await db.query('SELECT * FROM t WHERE id = $1', [id]); }\nexport const x = (id: number) => id;\n`;
    await mkdir(join(root, 'src'));
    for (let index = 0; index < 500; index += 1) await writeFile(join(root, 'src', `f${index}.ts`), body(index));
    const analyser = new WorkspaceAnalyser(root);
    const first = (await analyser.analyse()).files;
    assert.equal(first.length, 500);
    await writeFile(join(root, 'src', 'f7.ts'), `${body(7)}export function later() {}\n`);
    const again = new Map((await analyser.analyse()).files.map((file) => [file.relative, file]));
    const anew = first.filter((file) => again.get(file.relative) !== file).map((file) => file.relative);
    assert.deepEqual(anew, ['src/f7.ts']);
  });
});

describe('words', () => {
  it('brings the forms of a word together', () => {
    const same = [
      ['assign', 'assigns', 'assigned', 'assigning', 'assignment', 'assignments'],
      ['query', 'queries'],
      ['create', 'creates', 'created', 'creating', 'creation'],
      ['stop', 'stopped', 'stops', 'stopping'],
      ['process', 'processes', 'processing', 'processed'],
      ['cancel', 'cancelled', 'cancels'],
      ['task', 'tasks'],
    ];
    for (const forms of same) assert.equal(new Set(forms.map(stem)).size, 1, forms.map(stem).join());
    assert.notEqual(stem('status'), stem('state'));
    assert.notEqual(stem('user'), stem('use'));
  });
});
