import { hashText, type ProbeConfig } from '../agent/probe.ts';
import { textOf } from '../error/error.ts';
import type { ProbeId, TargetId } from '../event/ids.ts';
import { parseExpression, resolveNames } from '../plan/expression.ts';
import { parsePath, parseWatchPath } from '../plan/path.ts';
import {
  DEFAULT_CAPTURE,
  type FunctionProbe,
  type LibraryProbe,
  type PlanProbe,
  type WatchProbe,
} from '../plan/plan.ts';
import type { AgentLink } from '../probe/agent-link.ts';
import type { ProbeEntry, Prober } from '../probe/prober.ts';
import { functionsOf, parseAt, type ResolvedFunction, resolveFunction } from '../probe/resolve.ts';
import { SECRET_NAMES } from '../safety/secrets.ts';
import type { ProbeState } from '../store/manifest.ts';
import type { Correlator } from './correlator.ts';

/** Calls that a breakpoint may record in a second. */
export const HITS_PER_SECOND = 100;
const SCHEDULES =
  /\.then\(|\bPromise\b|\bset(Timeout|Immediate|Interval)\b|\bnextTick\b|\bqueueMicrotask\b|\.(on|once|addListener|addEventListener)\(/;
const secret = new RegExp(SECRET_NAMES, 'i');

interface LibraryState {
  readonly id: ProbeId;
  readonly library: LibraryProbe['library'];
  state: ProbeState;
}

interface Surroundings {
  readonly id: TargetId;
  /** A number that no other probe of the recording has. */
  nextProbe(): number;
  announce(event: Parameters<Correlator['event']>[1]): void;
}

/**
 * From a plan's probes to what one target is told: functions resolved, everything decidable of them decided, libraries
 * patched, watches given to the functions that see their objects. Keeps the state of what is not a function probe.
 */
export class PlanInstaller {
  private readonly libraries: LibraryState[] = [];
  private readonly others: ProbeState[] = [];
  private readonly watchPaths = new Map<number, string>();

  constructor(
    private readonly prober: Prober,
    private readonly agent: AgentLink,
    private readonly out: Surroundings,
  ) {}

  /** The Debugger domain must be on. What cannot be installed has a state that says why; `strict` makes an unknown function an error. */
  async install(probes: readonly PlanProbe[], strict: boolean): Promise<void> {
    const watches = await Promise.all(
      probes.filter((probe) => probe.kind === 'watch').map((probe) => this.watch(probe)),
    );
    // Libraries first: a request has to be known before the calls that belong to it.
    for (const probe of probes) if (probe.kind === 'library') await this.library(probe);
    const functions = probes.filter((probe) => probe.kind === 'function');
    const entries = (await Promise.all(functions.map((probe) => this.resolve(probe, watches, strict)))).flat();
    const extra = await this.methodsFor(watches, entries);
    await this.prober.install([...entries, ...extra]);
    this.settleWatches(watches);
  }

  states(): ProbeState[] {
    return [...this.others, ...this.libraries.map((library) => library.state)];
  }

  /** What the agent counted of each library. */
  counted(calls: Readonly<Record<string, number>>): void {
    for (const library of this.libraries) library.state = { ...library.state, calls: calls[library.library] ?? 0 };
  }

  watchedPath(probe: number): string {
    return this.watchPaths.get(probe) ?? '';
  }

  /** What the agent said of a watch; false when `probe` is none. */
  watchLimited(probe: number, why: string): boolean {
    const index = this.others.findIndex((state) => state.id === probe);
    const state = this.others[index];
    if (state === undefined) return false;
    this.others[index] = { ...state, status: 'limited', reason: why };
    return true;
  }

  private async resolve(probe: FunctionProbe, watches: readonly Watch[], strict: boolean): Promise<ProbeEntry[]> {
    try {
      const found = await resolveFunction(this.prober.registry, probe.at);
      return await Promise.all(found.map((fn) => this.entry(probe, fn, watches)));
    } catch (error) {
      if (strict) throw error;
      this.failed(probe, parseName(probe.at), textOf(error));
      return [];
    }
  }

  private async entry(probe: FunctionProbe, fn: ResolvedFunction, watches: readonly Watch[]): Promise<ProbeEntry> {
    const text = (await fn.script.source()).slice(fn.node.start, fn.node.end);
    const capture = probe.capture.length === 0 ? DEFAULT_CAPTURE : probe.capture;
    const paths = capture
      .filter((item) => item !== 'args' && item !== 'return')
      .map((item) => ({ text: item, ...parsePath(item) }));
    const config: ProbeConfig = {
      id: this.out.nextProbe(),
      name: fn.name,
      args: capture.includes('args'),
      result: capture.includes('return'),
      paths,
      when: probe.when === undefined ? null : resolveNames(probe.when, parseExpression(probe.when), fn.node.parameters),
      sample: probe.sample ?? 1,
      secretArgs: fn.node.parameters.flatMap((name, index) => (name !== null && secret.test(name) ? [index] : [])),
      generator: fn.node.generator,
      fresh: fn.node.asynchronous,
      asynchronous: fn.node.asynchronous || SCHEDULES.test(text),
      sourceLength: text.length,
      sourceHash: hashText(text),
      hitsPerSecond: HITS_PER_SECOND,
      watches: watches
        .filter((watch) => watch.covers(fn))
        .map((watch) => ({ probe: watch.state.id, path: watch.probe.path, keys: watch.keys })),
    };
    return { at: probe.at, config, fn, predicted: probe.predicted?.callsPerSecond ?? null };
  }

  private async watch(probe: WatchProbe): Promise<Watch> {
    const { file, name } = parseAt(probe.at);
    const id = this.out.nextProbe() as ProbeId;
    this.watchPaths.set(id, probe.path.startsWith('this.') ? probe.path : `this.${probe.path}`);
    const state: ProbeState = {
      ...this.blank(id, probe.at, 'watch', `${name}.${probe.path.replace(/^this\./, '')}`),
      engine: 'watch',
    };
    const sources = await this.prober.registry.find(file).catch(() => []);
    const files = new Set(sources.map((source) => source.file));
    return {
      probe,
      name,
      keys: parseWatchPath(probe.path),
      state,
      covers: (fn) => files.has(fn.location.file) && (fn.name === name || fn.name.startsWith(`${name}.`)),
    };
  }

  /** A watch sees an object when one of its methods is called: methods that mention the path are traced when the plan has none. */
  private async methodsFor(watches: readonly Watch[], entries: readonly ProbeEntry[]): Promise<ProbeEntry[]> {
    const extra: ProbeEntry[] = [];
    for (const watch of watches) {
      if (entries.some((entry) => watch.covers(entry.fn))) continue;
      const { file } = parseAt(watch.probe.at);
      const key = String(watch.keys[0]);
      for (const source of await this.prober.registry.find(file).catch(() => [])) {
        const text = await source.script.source();
        for (const candidate of await functionsOf(source)) {
          if (!candidate.name.startsWith(`${watch.name}.`) || candidate.node.binding.kind !== 'property') continue;
          if (!text.slice(candidate.node.start, candidate.node.end).includes(key)) continue;
          const location = { ...(await source.script.original(candidate.node.bodyPosition)), function: candidate.name };
          const fn: ResolvedFunction = {
            script: source.script,
            node: candidate.node,
            name: candidate.name,
            location,
            warning: source.warning,
          };
          extra.push(
            await this.entry({ kind: 'function', at: `${file}#${candidate.name}`, capture: ['args', 'return'] }, fn, [
              watch,
            ]),
          );
        }
      }
    }
    return extra;
  }

  private settleWatches(watches: readonly Watch[]): void {
    for (const watch of watches) {
      const reached = this.prober
        .all()
        .filter((probe) => probe.config.watches.some((entry) => entry.probe === watch.state.id));
      const location = reached[0]?.fn.location ?? null;
      this.others.push(
        reached.length > 0
          ? { ...watch.state, location, status: 'installed', reason: '' }
          : {
              ...watch.state,
              status: 'failed',
              engine: 'none',
              reason: `no method of ${watch.name} that uses ${watch.probe.path} was found in a loaded script; check the class and the path`,
            },
      );
    }
  }

  private async library(probe: LibraryProbe): Promise<void> {
    const id = this.out.nextProbe() as ProbeId;
    const state: ProbeState = {
      ...this.blank(id, probe.library, 'library', probe.library),
      engine: 'library',
      status: 'installed',
      reason: '',
    };
    const places =
      probe.library === 'pg'
        ? await this.agent.call<number>('addPg', id)
        : await this.agent.call<undefined>('addHttp', id).then(() => 1);
    const found: ProbeState =
      places > 0
        ? state
        : {
            ...state,
            engine: 'none',
            status: 'failed',
            reason:
              'pg is not loaded as a module of its own in this process (not used yet, or bundled into the application)',
          };
    this.libraries.push({ id, library: probe.library, state: found });
    this.out.announce(
      found.status === 'installed'
        ? { type: 'probe.installed', probe: id, engine: 'library' }
        : { type: 'probe.failed', probe: id, why: found.reason },
    );
  }

  private failed(probe: PlanProbe, name: string, why: string): void {
    const id = this.out.nextProbe() as ProbeId;
    const at = probe.kind === 'library' ? probe.library : probe.at;
    this.others.push({ ...this.blank(id, at, probe.kind, name), status: 'failed', reason: why });
  }

  private blank(id: ProbeId, at: string, kind: PlanProbe['kind'], name: string): ProbeState {
    const empty = {
      engine: 'none',
      status: 'waiting',
      reason: '',
      calls: 0,
      audit: null,
      predictedCallsPerSecond: null,
      location: null,
    } as const;
    return { id, target: this.out.id, at, kind, name, ...empty };
  }
}

interface Watch {
  readonly probe: WatchProbe;
  readonly name: string;
  readonly keys: readonly (string | number)[];
  readonly state: ProbeState;
  covers(fn: ResolvedFunction): boolean;
}

function parseName(at: string): string {
  return at.slice(at.indexOf('#') + 1);
}
