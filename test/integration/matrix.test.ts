import { strict as assert } from 'node:assert';
import { HITS_PER_SECOND } from '../../src/tracer/session/plan-installer.ts';
import { type App, fixture, start } from './support/app.ts';
import { folder } from './support/folder.ts';
import { cleanUp } from './support/hooks.ts';
import { RUNTIMES } from './support/runtimes.ts';
import { functionProbe, HTTP, Traced } from './support/traced.ts';
import { TS_BUILDS } from './support/ts-builds.ts';
import { until } from './support/until.ts';

interface Subject {
  readonly name: string;
  /** Makes the application ready; the file to start. */
  readonly file: () => Promise<string>;
  readonly source: string;
  /** Probe name -> functions of `/call` that lead to it; the application counts under the probe's name. */
  readonly rebound: Readonly<Record<string, readonly string[]>>;
  readonly limited: Readonly<Record<string, { readonly by: readonly string[]; readonly why: RegExp }>>;
  /** Line of each function in its own source. */
  readonly lines: Readonly<Record<string, number>>;
}

const PLAIN: readonly Subject[] = [
  {
    name: 'JavaScript, CommonJS',
    file: async () => fixture('cjs-app.cjs'),
    source: 'cjs-app.cjs',
    rebound: {
      declared: ['declared'],
      arrow: ['arrow'],
      expression: ['expression'],
      nested: ['expression'],
      reassignable: ['reassignable'],
      fails: ['fails'],
      rejects: ['rejects'],
      'Service.add': ['add', 'special'],
      'Special.add': ['special'],
      'Service.slow': ['slow'],
      'Service.make': ['make'],
    },
    limited: {},
    lines: { declared: 10, arrow: 14, 'Service.slow': 54 },
  },
  {
    name: 'JavaScript, CommonJS library',
    file: async () => fixture('cjs-app.cjs'),
    source: 'cjs-lib.cjs',
    rebound: {
      exportedDeclaration: ['exportedDeclaration'],
      exportedConst: ['exportedConst'],
      'table.entry': ['entry'],
      assigned: ['assigned'],
      leaked: ['leaked'],
    },
    limited: {},
    lines: { exportedDeclaration: 7, assigned: 30 },
  },
  {
    name: 'JavaScript, ES modules',
    file: async () => fixture('esm-app.mjs'),
    source: 'esm-lib.mjs',
    rebound: {
      exportedFunction: ['exportedFunction'],
      exportedArrow: ['exportedArrow'],
      internal: ['exportedArrow'],
      byDefault: ['byDefault'],
      'Account.withdraw': ['withdraw'],
      'Account.open': ['open'],
      'api.list': ['list'],
    },
    limited: { 'Account.rich': { by: ['rich'], why: /accessor/ } },
    lines: { exportedFunction: 5, exportedArrow: 9, 'Account.withdraw': 28 },
  },
];

const TS_FUNCTIONS = {
  rebound: {
    declared: ['declared'],
    arrow: ['arrow'],
    expression: ['expression'],
    internal: ['expression'],
    fails: ['fails'],
    throws: ['throws'],
    byDefault: ['byDefault'],
    recursive: ['recursive'],
    sequence: ['sequence'],
    makeCounter: ['counter'],
    'Repository.save': ['save', 'saveCached'],
    'CachedRepository.save': ['saveCached'],
    'Repository.find': ['find'],
    'Repository.base': ['base'],
    'Repository.open': ['open'],
    'api.list': ['list'],
    'api.detail': ['detail'],
    tree: ['tree'],
    branch: ['tree'],
    leaf: ['tree'],
  },
  limited: {
    next: { by: ['counter'], why: /neither its name nor an export|made each time/ },
    'Repository.constructor': { by: ['construct'], why: /class constructor/ },
    'CachedRepository.constructor': { by: ['constructCached'], why: /class constructor/ },
    'Repository.size': { by: ['size'], why: /accessor/ },
    'Repository.#hidden': { by: ['save'], why: /#private method/ },
    'Repository.onChange': { by: ['onChange', 'onChangeOther'], why: /every object has one of its own/ },
  },
  lines: {
    declared: 12,
    arrow: 17,
    expression: 22,
    sequence: 54,
    'Repository.save': 86,
    'api.detail': 136,
    branch: 151,
  },
} as const;

const SUBJECTS: readonly Subject[] = [
  ...PLAIN,
  ...TS_BUILDS.map((made) => ({
    name: made.name,
    file: () => made.into(folder()),
    source: 'ts/src/lib.ts',
    ...TS_FUNCTIONS,
  })),
];

const MORE = 40;

async function counts(app: App): Promise<Record<string, number>> {
  return app.get<Record<string, number>>('/counts');
}

describe('function probes on every kind of application and Node version', () => {
  cleanUp();
  for (const runtime of RUNTIMES) {
    for (const subject of SUBJECTS) {
      it(`${subject.name} on ${runtime.name}`, async () => {
        const app = await start(await subject.file(), runtime);
        const before = await counts(app);
        const traced = await Traced.attach({ pid: app.pid });
        const rebound = Object.keys(subject.rebound);
        const limited = Object.keys(subject.limited);
        await traced.install([...rebound, ...limited].map((name) => functionProbe(`${subject.source}#${name}`)));
        for (const name of [...rebound, ...limited]) assert.equal(traced.probe(name).status, 'waiting', name);

        const ways = new Set(Object.values(subject.rebound).flat());
        const callEach = async (n: number) => {
          for (const way of ways) await app.call(way, n);
        };
        await until('all to be rebound', async () => {
          await callEach(2);
          return rebound.every(
            (name) => traced.probe(name).engine === 'rebind' && traced.probe(name).status === 'installed',
          );
        });
        for (const { by } of Object.values(subject.limited)) for (const way of by) await app.call(way, 2);
        // A breakpoint may be waiting for a caller that was seen to come past the probe; the others are left alone.
        await until('their breakpoints to go', async () => {
          const waiting = (traced.targets[0]?.prober.all() ?? [])
            .filter((probe) => rebound.includes(probe.fn.name))
            .filter((probe) => probe.breakpoint !== null || probe.wantsCaller || probe.stale);
          for (const way of new Set(waiting.flatMap((probe) => subject.rebound[probe.fn.name] ?? [])))
            await app.call(way, 1);
          return waiting.length === 0;
        });
        await callEach(MORE);

        const own = await counts(app);
        for (const name of rebound) {
          const wanted = (own[name] ?? 0) - (before[name] ?? 0);
          await until(
            `${wanted} calls of ${name}, not ${traced.calls(name)}`,
            () => traced.calls(name) === wanted,
            2000,
          );
          assert.ok(wanted >= MORE, `${name} was called`);
          const enters = new Set(traced.of('call.enter', name).map((event) => event.call));
          assert.equal(enters.size, wanted, `${name}: ids are unique`);
          const ends = () => traced.of('call.exit', name).length + traced.of('call.throw', name).length;
          await until(`every call of ${name} to end`, () => ends() === wanted, 2000);
        }
        let overLimit = false;
        for (const [name, { why }] of Object.entries(subject.limited)) {
          const probe = traced.probe(name);
          assert.equal(probe.status, 'limited', name);
          assert.match(probe.reason, why);
          const wanted = (own[name] ?? 0) - (before[name] ?? 0);
          // How fast the calls come is the machine's: unless it was said that they are over a second's limit, none may be missing.
          const calls = () => traced.calls(name);
          const throttled = () => traced.of('probe.throttled', name).length > 0;
          await until(`${wanted} calls of ${name}, not ${calls()}`, () => throttled() || calls() === wanted);
          assert.ok(
            calls() <= wanted && calls() >= Math.min(wanted, HITS_PER_SECOND),
            `${calls()} of ${wanted} calls of ${name}`,
          );
          overLimit ||= throttled();
        }
        for (const [name, line] of Object.entries(subject.lines)) {
          const location = traced.probe(name).location;
          assert.ok(location?.file.endsWith(subject.source), `${name} is in ${location?.file}`);
          assert.equal(location?.line, line, `line of ${name}`);
        }
        if (limited.length === 0) await traced.quiet();

        // A constant is written back at the function's next call, so the application goes on meanwhile.
        let leaving = true;
        const manifest = traced.stop().finally(() => {
          leaving = false;
        });
        while (leaving) await callEach(1);
        // Only what a breakpoint may not be hit for is left out, and that is counted.
        const { state, dropped } = await manifest;
        assert.equal(state, 'complete');
        if (!overLimit) assert.equal(dropped, 0);
        const originals = await app.get('/originals');
        assert.deepEqual(
          Object.entries(originals).filter(([, same]) => !same),
          [],
        );
        assert.deepEqual(await app.get('/globals'), []);
      });
    }
  }
});

describe('what a call tells', () => {
  cleanUp();
  for (const runtime of RUNTIMES) {
    it(`arguments, results, errors and settlements on ${runtime.name}`, async () => {
      const app = await start(await (TS_BUILDS[0] as (typeof TS_BUILDS)[0]).into(folder()), runtime);
      const traced = await Traced.attach({ pid: app.pid });
      const names = ['declared', 'fails', 'throws', 'expression', 'sequence', 'Repository.find', 'api.detail'];
      await traced.install(names.map((name) => functionProbe(`lib.ts#${name}`)));
      const ways = ['declared', 'fails', 'throws', 'expression', 'sequence', 'find', 'detail'];
      for (let round = 0; round < 3; round++) for (const way of ways) await app.call(way);
      await until('three calls each', () => names.every((name) => traced.calls(name) === 3));
      await until('settlements', () => traced.of('call.settle', 'api.detail').length === 2);

      const last = <T>(list: readonly T[]): T => list[list.length - 1] as T;
      assert.deepEqual(last(traced.of('call.enter', 'declared')).args, [6, 7]);
      assert.deepEqual(last(traced.of('call.exit', 'declared')).value, {
        $: 'object',
        entries: [
          ['left', 6],
          ['right', 7],
        ],
      });
      const thrown = last(traced.of('call.throw', 'throws')).error as { name: string; message: string; stack: string };
      assert.equal(`${thrown.name}: ${thrown.message}`, 'TypeError: now');
      const rejected = last(traced.of('call.settle', 'fails'));
      assert.equal(rejected.outcome, 'rejected');
      assert.equal((rejected.value as { message: string }).message, 'later');
      assert.equal(last(traced.of('call.exit', 'fails')).pending, true);
      const fulfilled = last(traced.of('call.settle', 'expression'));
      assert.equal(fulfilled.outcome, 'fulfilled');
      assert.deepEqual(fulfilled.value, { $: 'object', entries: [['value', 42]] });
      const found = last(traced.of('call.settle', 'Repository.find'));
      assert.equal(found.value, null);
      assert.ok(found.duration >= 200_000, `a call that waits about a millisecond took ${found.duration} ns`);
      assert.equal(typeof last(traced.of('call.enter', 'Repository.find')).self, 'number');
      const first = traced.of('call.exit', 'declared')[0];
      assert.deepEqual(first?.value, { $: 'missing', why: 'installed-mid-call' });
    });

    it(`parents across await, timers, Promise.all and from the request on ${runtime.name}`, async () => {
      const app = await start(await (TS_BUILDS[0] as (typeof TS_BUILDS)[0]).into(folder()), runtime);
      const traced = await Traced.attach({ pid: app.pid });
      await traced.install([...['tree', 'branch', 'leaf'].map((name) => functionProbe(`lib.ts#${name}`)), HTTP]);
      await until('rebinding', async () => {
        await app.call('tree');
        return ['tree', 'branch', 'leaf'].every((name) => traced.probe(name).engine === 'rebind');
      });
      await traced.quiet();
      traced.events.length = 0;
      // Requests of several clients at once: contexts must not leak into each other.
      await Promise.all(Array.from({ length: 8 }, () => app.call('tree', 3)));
      await until('all calls', () => traced.calls('tree') === 24 && traced.calls('leaf') === 24 * 7);
      const trees = traced.of('call.enter', 'tree');
      const branches = traced.of('call.enter', 'branch');
      const leaves = traced.of('call.enter', 'leaf');
      const requests = traced.events.filter((event) => event.type === 'http.server.start');
      const roots = new Set<unknown>(
        requests.map((request) => (request.type === 'http.server.start' ? request.call : null)),
      );
      for (const tree of trees) {
        assert.ok(tree.parent !== null && roots.has(tree.parent), 'the request is the parent of the tree');
        assert.equal(tree.root, tree.parent);
        const mine = branches.filter((branch) => branch.parent === tree.call);
        assert.deepEqual(mine.map((branch) => branch.args[0]).sort(), [0, 1, 2]);
        for (const branch of mine) {
          const under = leaves.filter((leaf) => leaf.parent === branch.call);
          assert.deepEqual(
            under.map((leaf) => leaf.args[0]),
            [branch.args[0], branch.args[0]],
          );
          assert.ok(under.every((leaf) => leaf.root === tree.root));
        }
        const later = leaves.filter((leaf) => leaf.parent === tree.call);
        assert.deepEqual(
          later.map((leaf) => leaf.args[0]),
          [100],
        );
      }
      for (const root of roots) assert.ok(trees.filter((tree) => tree.root === root).length <= 3);
    });
  }

  it('says of a function that was never called that it waits', async () => {
    const app = await start(await (TS_BUILDS[0] as (typeof TS_BUILDS)[0]).into(folder()));
    const traced = await Traced.attach({ pid: app.pid });
    await traced.install([functionProbe('lib.ts#never')]);
    await app.call('declared', 5);
    assert.equal(traced.probe('never').status, 'waiting');
    assert.match(traced.probe('never').reason, /not been called/);
    assert.equal(traced.calls('never'), 0);
  });

  it("agrees with V8's own count", async () => {
    const app = await start(await (TS_BUILDS[0] as (typeof TS_BUILDS)[0]).into(folder()));
    const traced = await Traced.attach({ pid: app.pid });
    let calling = true;
    const load = (async () => {
      while (calling) await app.call('recursive', 5);
    })();
    try {
      await traced.install([functionProbe('lib.ts#recursive'), functionProbe('lib.ts#fails')], 200);
      await until('the audit', () => traced.probe('recursive').audit !== null);
      const audit = traced.probe('recursive').audit as { v8: number; recorded: number };
      assert.ok(audit.v8 > 0);
      assert.equal(audit.recorded, audit.v8);
    } finally {
      calling = false;
      await load;
    }
  });

  it('never lets an object run the function of another one', async () => {
    const app = await start(await (TS_BUILDS[0] as (typeof TS_BUILDS)[0]).into(folder()));
    const traced = await Traced.attach({ pid: app.pid });
    await traced.install(['Repository.onChange', 'next', 'makeCounter'].map((name) => functionProbe(`lib.ts#${name}`)));
    for (let round = 0; round < 5; round++) {
      assert.equal(await app.call('onChange'), 'main:5');
      assert.equal(await app.call('onChangeOther'), 'other:6');
      assert.equal(await app.call('counter'), 11.21);
    }
    await traced.stop();
    assert.equal(await app.call('onChange'), 'main:5');
    assert.equal(await app.call('onChangeOther'), 'other:6');
    assert.equal(await app.call('counter'), 11.21);
  });
});
