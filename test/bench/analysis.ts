import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WorkspaceAnalyser } from '../../src/tracer/plan/analysis/workspace.ts';
import { type BenchRow, lower, median, spread } from './row.ts';

const FILES = 500;

/** Code analysis of a workspace of 500 files with four functions each: the first time, and again when nothing has changed. */
export async function benchAnalysis(quick: boolean): Promise<BenchRow[]> {
  const root = mkdtempSync(join(tmpdir(), 'nodescope-bench-'));
  try {
    mkdirSync(join(root, 'src'));
    for (let index = 0; index < FILES; index++) writeFileSync(join(root, 'src', `f${index}.ts`), textOf(index));
    const first: number[] = [];
    const again: number[] = [];
    for (let i = 0; i < (quick ? 2 : 5); i++) {
      const analyser = new WorkspaceAnalyser(root);
      first.push(await timed(analyser));
      again.push(await timed(analyser));
    }
    return [
      lower('analysis.first', `analysing ${FILES} files`, median(first), 'ms', {
        floor: 5000,
        peer: `rounds ${spread(first)} ms`,
      }),
      lower('analysis.again', 'the same again', median(again), 'ms', {
        floor: median(first) / 2,
        peer: `half of the first time; rounds ${spread(again)} ms`,
      }),
    ];
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

async function timed(analyser: WorkspaceAnalyser): Promise<number> {
  const start = performance.now();
  const { files } = await analyser.analyse();
  if (files.length !== FILES) throw new Error(`${files.length} files were analysed, not ${FILES}`);
  return performance.now() - start;
}

const textOf = (index: number): string => `import { x } from './f0.ts';
export class C${index} {
  slots = new Map<number, number>();
  async assign(id: number) { const s = this.slots.get(id) ?? 0; await x(id); this.slots.set(id, s + 1); }
  list() { return [...this.slots].map(([k, v]) => ({ k, v })); }
}
export async function load${index}(db: Db, ids: number[]) { for (const id of ids) await db.query('SELECT * FROM t WHERE id = $1', [id]); }
export const x = (id: number) => id;
`;
