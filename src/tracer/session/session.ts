import { rm } from 'node:fs/promises';
import { nothingToInstall } from '../error/probe-errors.ts';
import { noTarget } from '../error/target-errors.ts';
import type { TraceEvent } from '../event/event.ts';
import type { EventSeq, TargetId } from '../event/ids.ts';
import { Analysis } from '../finding/analysis.ts';
import type { Finding } from '../finding/finding.ts';
import { Guardian } from '../guardian/guardian.ts';
import { DEFAULT_LIMITS, type Plan, type Strategy } from '../plan/plan.ts';
import { listRecordings } from '../store/catalogue.ts';
import type { Overhead, ProbeState, RecordingManifest } from '../store/manifest.ts';
import { Recording } from '../store/recording.ts';
import { newRecordingId } from '../store/recording-id.ts';
import { RecordingWriter } from '../store/writer.ts';
import { leaveAndClose } from '../target/close-inspector.ts';
import { connectTarget, type TargetDescription, type TargetSpec } from '../target/target-spec.ts';
import { planForTargets } from './planning.ts';
import { Signal } from './signal.ts';
import { TargetSession } from './target-session.ts';

export interface AttachOptions {
  readonly targets: readonly TargetSpec[];
  /** Directory whose `.nodescope/` holds the recording; the working directory by default. */
  readonly out?: string;
  /** Directory of the sources, for plans; the first target's working directory by default. */
  readonly workspace?: string;
  readonly question?: string;
  readonly eventsPerSecond?: number;
  readonly memoryMB?: number;
}

export interface InstallOptions {
  /** An unknown function is an error instead of a failed probe. */
  readonly strict?: boolean;
  /** Milliseconds of comparison with V8's counts once bindings have settled; 0 for none. */
  readonly auditMs?: number;
}

const EMPTY_PLAN: Plan = { version: 1, strategy: 'balanced', limits: DEFAULT_LIMITS, probes: [] };
const MANIFEST_MS = 500;
/** Two readings of one process's clock differ by less. */
const SAME_EPOCH_MS = 50;
const AUDIT_AFTER_MS = 700;

/** Probes of several targets, one recording: attach, install, listen, stop. */
export class TraceSession {
  readonly recording: Recording;
  private readonly targets: TargetSession[] = [];
  private readonly analysis: Analysis;
  private readonly eventSignal = new Signal<readonly TraceEvent[]>();
  private readonly probeSignal = new Signal<readonly ProbeState[]>();
  private readonly findingSignal = new Signal<readonly Finding[]>();
  private readonly closedSignal = new Signal<string>();
  private plan: Plan = EMPTY_PLAN;
  private readonly guardian = new Guardian();
  private nextSeq = 0;
  private nextProbe = 0;
  private dirty = false;
  private knownFindings = '';
  private stopped: Promise<RecordingManifest> | null = null;
  private readonly ticker: NodeJS.Timeout;
  private audits: Promise<void> = Promise.resolve();

  private constructor(
    private readonly writer: RecordingWriter,
    private readonly options: AttachOptions,
  ) {
    this.recording = Recording.live(writer.manifest, writer);
    this.analysis = new Analysis({ probeOf: (id) => this.recording.probeOf(id) });
    this.ticker = setInterval(() => this.tick(), MANIFEST_MS);
    this.ticker.unref();
    writer.onError((error) => this.closedSignal.emit(error.message));
  }

  /**
   * Attaches to running processes without stopping them; nothing is traced until `install`. Throws `target.*`, `store.*`;
   * when one target cannot be attached, none stays attached.
   */
  static async attach(options: AttachOptions): Promise<TraceSession> {
    if (options.targets.length === 0) throw noTarget();
    const originMs = Date.now();
    const connected: Awaited<ReturnType<typeof connectTarget>>[] = [];
    let made: TraceSession | null = null;
    try {
      // One after the other: a process opens its inspector on one fixed port before it is moved.
      for (const spec of options.targets) {
        const target = await connectTarget(spec);
        // Named twice, by pid and port for example: once is enough.
        if (connected.some((other) => sameProcess(other.description, target.description)))
          await target.inspector.close();
        else connected.push(target);
      }
      const infos = connected.map(({ description }, index) => ({
        id: (index + 1) as TargetId,
        pid: description.pid,
        title: description.title,
        argv: description.argv,
        cwd: description.cwd,
        nodeVersion: description.nodeVersion,
      }));
      const manifest: RecordingManifest = {
        version: 1,
        id: newRecordingId(new Date(originMs)),
        originMs,
        endedMs: null,
        state: 'recording',
        writerPid: process.pid,
        question: options.question ?? null,
        plan: EMPTY_PLAN,
        targets: infos,
        probes: [],
        findings: [],
        overhead: null,
        dropped: 0,
        segments: [],
      };
      const session = new TraceSession(await RecordingWriter.create(options.out ?? process.cwd(), manifest), options);
      made = session;
      for (const [index, { inspector, description, opened }] of connected.entries()) {
        const info = infos[index] as (typeof infos)[number];
        session.targets.push(
          await TargetSession.start(
            {
              id: info.id,
              inspector,
              info,
              epochMs: description.epochMs,
              originMs,
              opened,
              sequence: { next: () => session.nextSeq++ as EventSeq },
              nextProbe: () => ++session.nextProbe,
              eventsPerSecond: options.eventsPerSecond ?? DEFAULT_LIMITS.eventsPerSecond,
              memoryMB: options.memoryMB ?? DEFAULT_LIMITS.memoryMB,
              guardian: session.guardian,
            },
            {
              events: (events) => session.received(events),
              probesChanged: () => {
                session.dirty = true;
              },
              closed: (reason) => session.targetClosed(reason),
            },
          ),
        );
      }
      return session;
    } catch (error) {
      for (const { inspector, opened } of connected) {
        // An inspector that was closed before we came is closed again.
        await (opened ? leaveAndClose(inspector) : inspector.close());
      }
      // What was already put into a target is taken out by it.
      made?.guardian.dismiss();
      throw error;
    }
  }

  get directory(): string {
    return this.writer.directory;
  }

  /** A plan for the question, without installing it: from the sources, the loaded scripts and V8's counts of this moment. */
  planFor(question: string, strategy: Strategy = 'balanced'): Promise<Plan> {
    return planForTargets(this.targets, {
      question,
      strategy,
      workspace: this.options.workspace ?? this.targets[0]?.options.info.cwd ?? process.cwd(),
    });
  }

  /**
   * Installs a plan in every target and starts recording. What cannot be installed is in the answer with its reason; throws
   * `probe.none` when nothing can be, and with `strict` also what the first unknown function was.
   */
  async install(plan: Plan, { strict = false, auditMs = 500 }: InstallOptions = {}): Promise<readonly ProbeState[]> {
    this.plan = plan;
    this.writer.update({ plan });
    await Promise.all(this.targets.map((target) => target.install(plan.probes, strict)));
    const states = this.publishProbes();
    if (states.length > 0 && states.every((state) => state.status === 'failed')) throw nothingToInstall();
    if (auditMs > 0) this.audits = this.auditSoon(auditMs);
    return states;
  }

  private async auditSoon(ms: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, AUDIT_AFTER_MS));
    if (this.stopped !== null) return;
    await Promise.all(this.targets.map((target) => target.audit(ms).catch(() => undefined)));
  }

  probes(): readonly ProbeState[] {
    return this.targets.flatMap((target) => target.states());
  }

  /** Share of wall time the agents took on their main threads; the largest of all targets. */
  overhead(): Overhead | null {
    const all = this.targets.map((target) => target.overhead).filter((overhead) => overhead !== null);
    return all.sort((a, b) => b.percent - a.percent)[0] ?? null;
  }

  get dropped(): number {
    return this.targets.reduce((sum, target) => sum + target.dropped, 0) + this.writer.lost;
  }

  findings(): readonly Finding[] {
    return this.analysis.findings();
  }

  onEvents(listener: (events: readonly TraceEvent[]) => void): () => void {
    return this.eventSignal.listen(listener);
  }
  onProbes(listener: (probes: readonly ProbeState[]) => void): () => void {
    return this.probeSignal.listen(listener);
  }
  onFindings(listener: (findings: readonly Finding[]) => void): () => void {
    return this.findingSignal.listen(listener);
  }
  /** A target ended or was lost, or the disk failed; the session itself goes on until `stop`. */
  onClosed(listener: (reason: string) => void): () => void {
    return this.closedSignal.listen(listener);
  }

  /** Whether any target is still attached. */
  get attached(): boolean {
    return this.targets.some((target) => target.alive);
  }

  private received(events: readonly TraceEvent[]): void {
    this.writer.append(events);
    this.recording.append(events);
    this.analysis.observe(events);
    this.eventSignal.emit(events);
  }

  private targetClosed(reason: string): void {
    this.publishProbes();
    this.closedSignal.emit(reason);
  }

  private tick(): void {
    if (this.dirty) this.publishProbes();
    const findings = this.findings();
    const summary = findings.map((finding) => `${finding.id}:${finding.count}:${finding.severity}`).join('|');
    if (summary === this.knownFindings) return;
    this.knownFindings = summary;
    this.update({ findings });
    this.findingSignal.emit(findings);
  }

  private publishProbes(): readonly ProbeState[] {
    this.dirty = false;
    const probes = this.probes();
    this.update({ probes, overhead: this.overhead(), dropped: this.dropped });
    this.probeSignal.emit(probes);
    return probes;
  }

  private update(patch: Partial<RecordingManifest>): void {
    this.writer.update(patch);
    this.recording.update(patch);
  }

  /** Stops, and leaves no recording behind: for one that never came to record anything. */
  async discard(): Promise<void> {
    await this.stop();
    this.recording.close();
    await rm(this.directory, { recursive: true, force: true });
    await listRecordings(this.options.out ?? process.cwd());
  }

  /** Takes everything out of every target, finishes the recording and gives its manifest. Calling it again gives the same. */
  stop(): Promise<RecordingManifest> {
    this.stopped ??= this.finish();
    return this.stopped;
  }

  private async finish(): Promise<RecordingManifest> {
    await this.audits;
    await Promise.all(this.targets.map((target) => target.detach()));
    this.guardian.dismiss();
    clearInterval(this.ticker);
    this.publishProbes();
    const findings = this.findings();
    this.findingSignal.emit(findings);
    this.update({ findings, plan: this.plan, endedMs: Date.now(), state: 'complete' });
    await this.writer.close(this.recording);
    this.update({ segments: this.writer.manifest.segments });
    return this.recording.manifest;
  }
}

/** Containers may each have a process 1, but hardly started in the same instant. */
function sameProcess(a: TargetDescription, b: TargetDescription): boolean {
  return a.pid === b.pid && Math.abs(a.epochMs - b.epochMs) < SAME_EPOCH_MS;
}
