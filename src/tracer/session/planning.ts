import { readFile } from 'node:fs/promises';
import type { CodeAnalysis, SourceText } from '../plan/analysis/model.ts';
import { analyseSources, mergeAnalyses, WorkspaceAnalyser } from '../plan/analysis/workspace.ts';
import type { Plan, Strategy } from '../plan/plan.ts';
import { planLocally } from '../plan/planner.ts';
import type { RunningCounts } from '../plan/running.ts';
import { SourceMapping } from '../probe/source-map.ts';
import { runningCounts } from './running-counts.ts';
import type { TargetSession } from './target-session.ts';

interface Request {
  readonly question: string;
  readonly strategy: Strategy;
  readonly workspace: string;
}

const analysers = new Map<string, WorkspaceAnalyser>();

/** A plan for a question about running targets: their workspace's code, the code they run, and V8's counts of this moment. */
export async function planForTargets(targets: readonly TargetSession[], request: Request): Promise<Plan> {
  const analyser = analysers.get(request.workspace) ?? new WorkspaceAnalyser(request.workspace);
  analysers.set(request.workspace, analyser);
  const [workspace, ...perTarget] = await Promise.all([
    // A workspace that is gone or unreadable leaves the code that runs.
    analyser.analyse().catch((): CodeAnalysis => ({ root: request.workspace, files: [], skipped: [] })),
    ...targets.map((target) => runningCounts(target)),
  ]);
  const running = await Promise.all(targets.map((target) => runningSources(target)));
  const merged = mergeAnalyses(workspace, analyseSources(running.flat(), request.workspace));
  // A workspace may hold other programs; what the process has not loaded cannot be traced in it.
  const loaded = new Set(running.flat().map((source) => source.path));
  const analysis = { ...merged, files: merged.files.filter((file) => loaded.has(file.path)) };
  return planLocally({ question: request.question, strategy: request.strategy, analysis, running: sum(perTarget) });
}

/** Texts of the application's sources as the process has them: what source maps embed, else the file, else the script. */
async function runningSources(target: TargetSession): Promise<SourceText[]> {
  const { registry, domain } = target.prober;
  await domain.need();
  try {
    const lists = await Promise.all(
      registry.application().map(async (script): Promise<SourceText[]> => {
        const map = await script.sourceMap();
        if (!(map instanceof SourceMapping)) return [{ path: script.file as string, text: await script.source() }];
        const texts = map.sources.map(async (path) => ({
          path,
          text: map.content(path) ?? (await readFile(path, 'utf8').catch(() => null)),
        }));
        return (await Promise.all(texts)).flatMap(({ path, text }) => (text === null ? [] : [{ path, text }]));
      }),
    );
    return lists.flat();
  } finally {
    await domain.release();
  }
}

/** Counts of several processes of one application, added up. */
function sum(all: readonly RunningCounts[]): RunningCounts | null {
  const [first, ...rest] = all;
  if (first === undefined) return null;
  return {
    seconds: first.seconds,
    functions: all.flatMap((counts) => counts.functions),
    libraries: [...new Set([...(first.libraries ?? []), ...rest.flatMap((counts) => counts.libraries ?? [])])],
  };
}
