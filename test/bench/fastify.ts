import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BenchRow, higher, median, round, spread } from './row.ts';
import { BenchServer, type LoadResult } from './server.ts';
import { freePort, root, runtime } from './target.ts';
import { functionAt, planOf, traced, UNLIMITED, untilBound } from './tracing.ts';

const CLASSES = ['Answers', 'Catalogue', 'Customers', 'Prices', 'Shop', 'Stock'];
const CALLS = 26;
const EVENTS_PER_REQUEST = 20 * 2 + 6 * 3;
type Name = 'plain' | 'limited' | 'everything' | 'naive' | 'appmap';

/**
 * Throughput that a Fastify handler with 26 calls of 26 functions keeps, all of them traced, at full load: with
 * everything recorded as far as the transport carries it, with the limits one gets by default, and what the same is
 * with AppMap and with the plainest tracer.
 */
export async function benchFastify(quick: boolean): Promise<BenchRow[]> {
  const folder = project();
  const servers = new Map<Name, BenchServer>();
  try {
    const appmap = join(root, 'node_modules', 'appmap-node', 'bin', 'appmap-node.js');
    for (const name of ['plain', 'limited', 'everything', 'naive', 'appmap'] as const) {
      const before = name === 'appmap' ? [appmap] : [`--inspect-port=${await freePort()}`];
      const env = { BENCH_NAIVE: name === 'naive' ? '1' : '' };
      servers.set(
        name,
        await BenchServer.start([runtime(24), ...before, 'fastify.mjs'], '/shop/12', { cwd: folder, env }),
      );
    }
    return await attached(servers, quick ? 2 : 4, quick ? 1 : 3);
  } finally {
    for (const server of servers.values()) await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function attached(servers: ReadonlyMap<Name, BenchServer>, rounds: number, seconds: number): Promise<BenchRow[]> {
  const server = (name: Name) => servers.get(name) as BenchServer;
  const plan = planOf((await methods()).map((method) => functionAt(`shop.mjs#${method}`)));
  return traced(server('limited').pid, {}, (limited) =>
    traced(server('everything').pid, { ...UNLIMITED, memoryMB: 64 }, async (everything) => {
      for (const session of [limited, everything]) await session.install(plan, { auditMs: 0 });
      await Promise.all([
        server('limited').load(1),
        server('everything').load(1),
        untilBound(limited),
        untilBound(everything),
      ]);
      const results: Record<Name, LoadResult[]> = { plain: [], limited: [], everything: [], naive: [], appmap: [] };
      const share: Record<'limited' | 'everything', number[]> = { limited: [], everything: [] };
      for (const one of servers.values()) await one.load(1);
      for (let i = 0; i < rounds; i++) {
        for (const name of servers.keys()) {
          const session = name === 'limited' ? limited : name === 'everything' ? everything : null;
          const before = session?.recording.eventCount ?? 0;
          const result = await server(name).load(seconds);
          results[name].push(result);
          if (session === null) continue;
          await drained(session);
          const made = result.requestsPerSecond * seconds * EVENTS_PER_REQUEST;
          share[name as 'limited'].push(Math.min(1, (session.recording.eventCount - before) / made));
        }
      }
      return rows(results, share);
    }),
  );
}

function rows(results: Record<Name, LoadResult[]>, share: Record<'limited' | 'everything', number[]>): BenchRow[] {
  const kept = (name: Name) =>
    results[name].map(
      (result, i) => (100 * result.requestsPerSecond) / (results.plain[i] as LoadResult).requestsPerSecond,
    );
  const cpu = (name: Name) => round(median(results[name].map((result) => result.cpuUs)));
  const beside =
    `untraced ${spread(results.plain.map((result) => result.requestsPerSecond))} requests/s, ${cpu('plain')} us of the main thread each; ` +
    `AppMap keeps ${spread(kept('appmap'), '%')}, ${cpu('appmap')} us; plainest tracer ${spread(kept('naive'), '%')}, ${cpu('naive')} us`;
  const one = (name: 'limited' | 'everything', what: string, aim?: number) =>
    higher(`fastify.${name}`, what, median(kept(name)), '%', {
      ...(aim === undefined ? {} : { aim }),
      peer: `rounds ${spread(kept(name), '%')}, ${cpu(name)} us; ${Math.round(100 * median(share[name]))}% of its events recorded, the rest counted as dropped; ${beside}`,
    });
  return [
    one('everything', `Fastify, ${CALLS} traced calls per request, no limit: throughput kept`, 80),
    one('limited', 'the same with the default limit of 20,000 events/s', 80),
    higher('fastify.appmap', 'the same with AppMap (everything recorded)', median(kept('appmap')), '%'),
    higher('fastify.naive', 'the same with AsyncLocalStorage, JSON, nothing stored', median(kept('naive')), '%'),
  ];
}

/** Waits until nothing has come for a while. */
async function drained(session: { readonly recording: { readonly eventCount: number } }): Promise<void> {
  for (let before = -1; before !== session.recording.eventCount; ) {
    before = session.recording.eventCount;
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
}

async function methods(): Promise<string[]> {
  const shop = (await import(new URL('./targets/shop.mjs', import.meta.url).href)) as Record<
    string,
    { prototype: object }
  >;
  return CLASSES.flatMap((name) =>
    Object.getOwnPropertyNames(shop[name]?.prototype)
      .filter((method) => method !== 'constructor')
      .map((method) => `${name}.${method}`),
  );
}

/** A folder of its own for the program, since AppMap writes into the project it traces. */
function project(): string {
  const folder = mkdtempSync(join(tmpdir(), 'nodescope-bench-'));
  for (const file of ['fastify.mjs', 'shop.mjs', 'naive.mjs'])
    cpSync(join(root, 'test', 'bench', 'targets', file), join(folder, file));
  writeFileSync(join(folder, 'package.json'), '{ "name": "bench", "type": "module" }\n');
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'dir');
  return folder;
}
