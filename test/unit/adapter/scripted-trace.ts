import type { Finding } from '../../../src/tracer/finding/finding.ts';
import type { Plan } from '../../../src/tracer/plan/plan.ts';
import type { ProbeState, RecordingManifest } from '../../../src/tracer/store/manifest.ts';
import { FakeTrace } from '../../ui/fake-trace.ts';
import { Film, MS } from '../../ui/film.ts';

/** A trace whose findings and end the test decides, and which notes what it was asked for. */
export class ScriptedTrace extends FakeTrace {
  readonly asked: string[] = [];
  readonly installed: Plan[] = [];
  stops = 0;
  refuse: Error | null = null;
  #findings: readonly Finding[] = [];
  readonly #onFindings = new Set<(findings: readonly Finding[]) => void>();
  readonly #onClosed = new Set<(reason: string) => void>();

  override planFor(question?: string): Promise<Plan> {
    this.asked.push(question ?? '');
    return super.planFor();
  }

  override install(plan?: Plan): Promise<readonly ProbeState[]> {
    if (this.refuse !== null) return Promise.reject(this.refuse);
    if (plan !== undefined) this.installed.push(plan);
    return super.install();
  }

  override findings(): readonly Finding[] {
    return this.#findings;
  }

  override onFindings(listener?: (findings: readonly Finding[]) => void): () => void {
    if (listener !== undefined) this.#onFindings.add(listener);
    return () => undefined;
  }

  override onClosed(listener?: (reason: string) => void): () => void {
    if (listener !== undefined) this.#onClosed.add(listener);
    return () => undefined;
  }

  override stop(): Promise<RecordingManifest> {
    this.stops++;
    return super.stop();
  }

  find(findings: readonly Finding[]): void {
    this.#findings = findings;
    for (const listener of this.#onFindings) listener(findings);
  }

  close(reason: string): void {
    this.attached = false;
    for (const listener of this.#onClosed) listener(reason);
  }
}

export const FILE = '/app/src/tasks.ts';

/** 100-160 ms: a request that calls `outer`, which calls `inner` twice, each with a query; a second request overlaps. */
export function smallFilm() {
  const film = new Film();
  const target = film.target('server.js');
  const outer = film.probe(target, 'Tasks.outer', { file: FILE, line: 10, column: 2 });
  const inner = film.probe(target, 'Tasks.inner', { file: FILE, line: 20, column: 2 });
  const at = (ms: number): number => ms * MS;
  const request = film.request(target, 'GET', '/tasks/7', at(100), at(160), 200);
  const first = film.call(outer, request, at(102), at(150), {
    args: [7, { $: 'string', v: 'long', length: 5_000 }, { $: 'redacted', why: 'password' }],
    result: { $: 'array', items: [1, 2], length: 9 },
    async: true,
  });
  film.snapshot(at(102), first, outer, 1, 'this.slots', 'before', { $: 'map', entries: [[7, 1]] });
  const innerOne = film.call(inner, first, at(105), at(120), { args: ['a'], result: 'done', async: true });
  const query = film.query(innerOne, 'SELECT 1', [7], at(106), at(118), 3, { file: FILE, line: 22, column: 4 });
  film.change(at(125), first, outer, 1, 'slots', 7, 1, 2);
  const innerTwo = film.call(inner, first, at(130), at(140), {
    args: ['b'],
    error: { $: 'error', name: 'Error', message: 'no' },
    async: true,
  });
  film.snapshot(at(150), first, outer, 1, 'this.slots', 'after', { $: 'map', entries: [[7, 2]] });
  const other = film.request(target, 'POST', '/tasks', at(110), at(115), 201);
  const late = film.request(target, 'GET', '/late', at(200), at(210), 200);
  return { film, target, request, first, innerOne, innerTwo, query, other, late, at };
}
