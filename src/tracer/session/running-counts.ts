import type { Library } from '../plan/plan.ts';
import type { RunningCounts, RunningFunction } from '../plan/running.ts';
import type { FunctionCount } from '../probe/counts.ts';
import type { FunctionNode } from '../probe/function-index.ts';
import type { Script } from '../probe/script.ts';
import { evaluateValue } from '../target/inspector.ts';
import type { TargetSession } from './target-session.ts';

const SAMPLE_MS = 600;
const LIBRARY_CLIENT = /[\\/]pg[\\/]lib[\\/]client\.js$/;

/** What runs in the target now: V8's counts over a moment, per function of the application, in the original sources. */
export async function runningCounts(target: TargetSession): Promise<RunningCounts> {
  const { registry, domain } = target.prober;
  const counts = await target.counts(SAMPLE_MS);
  await domain.need();
  try {
    const seconds = SAMPLE_MS / 1000;
    const byScript = group(counts);
    const scripts = registry.all();
    const own = scripts.filter((script) => script.isApplication || LIBRARY_CLIENT.test(script.file ?? ''));
    const lists = await Promise.all(own.map((script) => functionsIn(script, byScript.get(script.id) ?? [], seconds)));
    return { seconds, functions: lists.flat(), libraries: await librariesOf(target, scripts) };
  } finally {
    await domain.release();
  }
}

function group(counts: readonly FunctionCount[]): Map<string, FunctionCount[]> {
  const groups = new Map<string, FunctionCount[]>();
  for (const count of counts) {
    const list = groups.get(count.scriptId) ?? [];
    list.push(count);
    groups.set(count.scriptId, list);
  }
  return groups;
}

async function functionsIn(
  script: Script,
  counts: readonly FunctionCount[],
  seconds: number,
): Promise<RunningFunction[]> {
  const nodes = await script.functionNodes();
  const byEnd = new Map(counts.map((count) => [count.end, count]));
  return Promise.all(
    nodes.map(async (node) => {
      const location = await script.original(node.position);
      return {
        file: location.file,
        line: location.line,
        column: location.column,
        name: shortName(node),
        // V8 counts each resumption as a call; without loops around awaits that is this many a call.
        callsPerSecond: (byEnd.get(node.end)?.count ?? 0) / seconds / (1 + node.resumptions),
      };
    }),
  );
}

function shortName(node: FunctionNode): string {
  return node.name.includes('<') ? '' : (node.name.split('.').at(-1) ?? '');
}

async function librariesOf(target: TargetSession, scripts: readonly Script[]): Promise<Library[]> {
  const { inspector } = target.options;
  const http = await evaluateValue<boolean>(
    inspector,
    "process.moduleLoadList.includes('NativeModule _http_server')",
  ).catch(() => true);
  const pg = scripts.some((script) => LIBRARY_CLIENT.test(script.file ?? ''));
  return [...(http ? (['http'] as const) : []), ...(pg ? (['pg'] as const) : [])];
}
