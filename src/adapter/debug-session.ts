import { basename, isAbsolute } from 'node:path';
import {
  ContinuedEvent,
  DebugSession,
  type Event,
  InitializedEvent,
  OutputEvent,
  ProgressEndEvent,
  ProgressStartEvent,
  Source,
  StoppedEvent,
  TerminatedEvent,
} from '@vscode/debugadapter';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { textOf } from '../tracer/error/error.ts';
import type { SourceLocation } from '../tracer/event/location.ts';
import type { Plan } from '../tracer/plan/plan.ts';
import type { ProbeState } from '../tracer/store/manifest.ts';
import type { Span } from '../tracer/store/span.ts';
import { attachTimedOut, evaluateUnsupported, launchUnsupported, notAttached } from './adapter-errors.ts';
import { type AttachRequest, parseAttachRequest } from './attach-request.ts';
import { chainAt, lastInCode } from './call-stack.ts';
import { formatDuration } from './duration.ts';
import type { LiveTrace, StartTrace } from './live-trace.ts';
import { attachedLine, findingLine, leftLine, planLine, probeLine, probesLine, summaryLine } from './output.ts';
import { readPlanFile } from './plan-file.ts';
import { Playhead, type PlayheadMove } from './playhead.ts';
import { scopesOf } from './scopes.ts';
import { nextMoment, type StepKind } from './step.ts';
import { ThreadTable, type TraceThread, threadToShow } from './threads.ts';
import { VariableTable } from './variables.ts';

/** A trace that has begun, for whoever shows it. */
export interface TraceStart {
  readonly trace: LiveTrace;
  readonly playhead: Playhead;
  readonly request: AttachRequest;
}

export interface DebugSessionParts {
  readonly start: StartTrace;
  /** Told once, when the probes are in place. */
  readonly onStart?: (start: TraceStart) => void;
  /** Told once, when every function is restored and the recording is complete. */
  readonly onStop?: () => void;
}

/** The error id of every refusal: the protocol wants a number, people read the sentence. */
const ERROR_ID = 1;
/** Milliseconds a moving playhead has to rest before the client is asked to look again. */
const REST_MS = 150;

/**
 * The debug adapter: speaks the Debug Adapter Protocol, reads a recording. Pausing freezes the playhead, never the process;
 * stack, scopes and variables are what was recorded at the playhead.
 */
export class NodeScopeDebugSession extends DebugSession {
  readonly #parts: DebugSessionParts;
  readonly #threads = new ThreadTable();
  readonly #variables = new VariableTable();
  #shown: readonly TraceThread[] = [];
  #frames: number[] = [];
  #trace: LiveTrace | null = null;
  #playhead: Playhead | null = null;
  #undo: (() => void)[] = [];
  #ended = false;
  #stopping: Promise<void> | null = null;
  #rest: NodeJS.Timeout | undefined;
  #known = new Set<string>();
  readonly #toldProbes = new Map<number, string>();
  #reportsProgress = false;

  constructor(parts: DebugSessionParts) {
    super();
    this.#parts = parts;
    this.setDebuggerLinesStartAt1(true);
    this.setDebuggerColumnsStartAt1(false);
  }

  protected override initializeRequest(
    response: DebugProtocol.InitializeResponse,
    args: DebugProtocol.InitializeRequestArguments,
  ): void {
    this.#reportsProgress = args.supportsProgressReporting === true;
    response.body = { supportsConfigurationDoneRequest: true, supportsDelayedStackTraceLoading: true };
    this.sendResponse(response);
    this.sendEvent(new InitializedEvent());
  }

  protected override launchRequest(response: DebugProtocol.LaunchResponse): void {
    this.#refuse(response, launchUnsupported());
  }

  protected override async attachRequest(
    response: DebugProtocol.AttachResponse,
    args: DebugProtocol.AttachRequestArguments,
  ): Promise<void> {
    try {
      await this.#attach(parseAttachRequest(args));
      this.sendResponse(response);
    } catch (error) {
      await this.#stop(false);
      this.#refuse(response, error);
    }
  }

  async #attach(request: AttachRequest): Promise<void> {
    const given = request.plan === null ? null : await readPlanFile(request.plan);
    const progress = this.#progress('Attaching without a restart');
    try {
      const trace = await this.#startInTime(request);
      this.#trace = trace;
      this.#say(attachedLine(trace.recording.manifest));
      const plan = given ?? (await trace.planFor(request.question, request.strategy));
      this.#say(planLine(request.question, plan.probes.length, request.plan));
      await this.#install(trace, plan);
      if (this.#ended) return;
      const playhead = new Playhead(trace.recording, true);
      this.#playhead = playhead;
      this.#listen(trace, playhead);
      this.#parts.onStart?.({ trace, playhead, request });
    } finally {
      progress();
    }
  }

  async #install(trace: LiveTrace, plan: Plan): Promise<void> {
    const probes = await trace.install(plan);
    this.#say(probesLine(probes));
    this.#tellProbes(probes);
  }

  /** Says what has become of each probe, once it is known: most settle at the first call of their function. */
  #tellProbes(probes: readonly ProbeState[]): void {
    for (const probe of probes) {
      if (probe.status === 'waiting' || probe.status === 'removed') continue;
      const key = `${probe.status} ${probe.engine}`;
      if (this.#toldProbes.get(probe.id) === key) continue;
      this.#toldProbes.set(probe.id, key);
      this.#say(probeLine(probe), probe.location);
    }
  }

  /** An attach that comes too late is undone, so that no process stays traced without anyone looking. */
  async #startInTime(request: AttachRequest): Promise<LiveTrace> {
    const starting = this.#parts.start(request);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(attachTimedOut(request.timeout)), request.timeout);
    });
    try {
      return await Promise.race([starting, late]);
    } catch (error) {
      void starting.then((trace) => trace.stop()).catch(() => undefined);
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  #listen(trace: LiveTrace, playhead: Playhead): void {
    this.#undo.push(
      playhead.onMove((move) => this.#moved(move)),
      trace.onFindings(() => this.#tellFindings(trace)),
      trace.onProbes((probes) => this.#tellProbes(probes)),
      trace.onClosed((reason) => {
        this.#say(reason);
        if (!trace.attached) void this.#stop(true);
      }),
    );
    this.#tellFindings(trace);
  }

  #tellFindings(trace: LiveTrace): void {
    for (const finding of trace.findings()) {
      if (this.#known.has(finding.id)) continue;
      this.#known.add(finding.id);
      this.#say(findingLine(finding), finding.location);
    }
  }

  /** Somebody else moved the playhead: the client follows once it rests. */
  #moved(move: PlayheadMove): void {
    if (move.by === 'debugger') return;
    clearTimeout(this.#rest);
    if (move.live) this.sendEvent(new ContinuedEvent(1, true));
    else this.#rest = setTimeout(() => this.#sendStopped('goto', true), REST_MS);
  }

  #sendStopped(reason: string, quiet: boolean): void {
    const playhead = this.#playhead;
    const trace = this.#trace;
    if (playhead === null || trace === null) return;
    this.#variables.clear();
    this.#frames = [];
    this.#shown = this.#threads.frozen(trace.recording, playhead.t);
    const thread = threadToShow(trace.recording, this.#shown, playhead.call);
    const event: DebugProtocol.StoppedEvent = new StoppedEvent(reason, thread?.id ?? 1);
    const at = formatDuration(playhead.t);
    Object.assign(event.body, {
      description: `Playback at ${at}`,
      text: 'The recording stands still; the process and the recorder go on.',
      allThreadsStopped: true,
      ...(quiet ? { preserveFocusHint: true } : {}),
    });
    this.sendEvent(event);
  }

  protected override configurationDoneRequest(response: DebugProtocol.ConfigurationDoneResponse): void {
    this.sendResponse(response);
  }

  /** Breakpoints are taken note of, not set: nothing may stop the process. */
  protected override setBreakPointsRequest(
    response: DebugProtocol.SetBreakpointsResponse,
    args: DebugProtocol.SetBreakpointsArguments,
  ): void {
    const message = 'NodeScope never stops the process; name the function in a plan to trace it.';
    const breakpoints = (args.breakpoints ?? []).map(({ line }) => ({ verified: false, line, message }));
    response.body = { breakpoints };
    this.sendResponse(response);
  }

  protected override threadsRequest(response: DebugProtocol.ThreadsResponse): void {
    const recording = this.#trace?.recording;
    let threads: readonly TraceThread[] = this.#shown;
    if (recording === undefined) threads = [{ id: 1, name: 'attaching', root: null }];
    else if (this.#playhead?.live !== false) threads = this.#threads.running(recording);
    response.body = { threads: threads.map(({ id, name }) => ({ id, name })) };
    this.sendResponse(response);
  }

  protected override stackTraceRequest(
    response: DebugProtocol.StackTraceResponse,
    args: DebugProtocol.StackTraceArguments,
  ): void {
    // Innermost first, as the protocol wants it.
    const chain = this.#chain(args.threadId).reverse();
    const from = Math.max(0, args.startFrame ?? 0);
    const page = chain.slice(from, args.levels ? from + args.levels : undefined);
    response.body = { totalFrames: chain.length, stackFrames: page.map((span) => this.#frame(span)) };
    this.sendResponse(response);
  }

  #chain(threadId: number): Span[] {
    const root = this.#shown.find((thread) => thread.id === threadId)?.root ?? null;
    if (root === null || this.#trace === null || this.#playhead === null) return [];
    return chainAt(this.#trace.recording, root, this.#playhead.t, this.#playhead.call);
  }

  #frame(span: Span): DebugProtocol.StackFrame {
    const id = this.#frames.push(span.call);
    const place = this.#place(span.location);
    const frame = { id, name: span.name, line: place?.line ?? 0, column: place?.column ?? 0 };
    return place === null ? { ...frame, presentationHint: 'subtle' } : { ...frame, source: place.source };
  }

  #place(location: SourceLocation | null): { source: Source; line: number; column: number } | null {
    if (location === null || !isAbsolute(location.file)) return null;
    return {
      source: new Source(basename(location.file), this.convertDebuggerPathToClient(location.file)),
      line: this.convertDebuggerLineToClient(location.line),
      column: this.convertDebuggerColumnToClient(location.column),
    };
  }

  protected override scopesRequest(response: DebugProtocol.ScopesResponse, args: DebugProtocol.ScopesArguments): void {
    const call = this.#frames[args.frameId - 1];
    const found =
      call === undefined || this.#trace === null || this.#playhead === null
        ? []
        : scopesOf(this.#trace.recording, call, this.#playhead.t);
    response.body = {
      scopes: found.map(({ name, hint, list }) => ({
        name,
        ...(hint === undefined ? {} : { presentationHint: hint }),
        variablesReference: this.#variables.reference(list),
        expensive: false,
      })),
    };
    this.sendResponse(response);
  }

  protected override variablesRequest(
    response: DebugProtocol.VariablesResponse,
    args: DebugProtocol.VariablesArguments,
  ): void {
    response.body = { variables: this.#variables.variables(args.variablesReference) };
    this.sendResponse(response);
  }

  protected override pauseRequest(response: DebugProtocol.PauseResponse): void {
    if (this.#playhead === null || this.#trace === null) {
      this.#refuse(response, notAttached());
      return;
    }
    // Only a call with a line can be shown by a debugger: the latest one, a moment ago at most.
    const last = lastInCode(this.#trace.recording);
    if (last !== null) this.#playhead.call = last.call;
    this.#playhead.freeze('debugger', last?.t);
    this.sendResponse(response);
    this.#sendStopped('pause', false);
  }

  protected override continueRequest(response: DebugProtocol.ContinueResponse): void {
    if (this.#playhead === null) {
      this.#refuse(response, notAttached());
      return;
    }
    clearTimeout(this.#rest);
    this.#playhead.follow('debugger');
    response.body = { allThreadsContinued: true };
    this.sendResponse(response);
  }

  protected override nextRequest(response: DebugProtocol.NextResponse, args: DebugProtocol.NextArguments): void {
    this.#step(response, args.threadId, 'over');
  }

  protected override stepInRequest(response: DebugProtocol.StepInResponse, args: DebugProtocol.StepInArguments): void {
    this.#step(response, args.threadId, 'in');
  }

  protected override stepOutRequest(
    response: DebugProtocol.StepOutResponse,
    args: DebugProtocol.StepOutArguments,
  ): void {
    this.#step(response, args.threadId, 'out');
  }

  #step(response: DebugProtocol.Response, threadId: number, kind: StepKind): void {
    const playhead = this.#playhead;
    if (playhead === null || this.#trace === null) {
      this.#refuse(response, notAttached());
      return;
    }
    this.sendResponse(response);
    const { recording } = this.#trace;
    const chain = this.#chain(threadId);
    const current = chain.at(-1)?.call ?? null;
    const at = nextMoment(recording, chain[0] ?? null, Math.max(0, chain.length - 1), playhead.t, kind, current);
    playhead.freeze('debugger', at ?? recording.range().to);
    this.#sendStopped('step', false);
  }

  protected override evaluateRequest(response: DebugProtocol.EvaluateResponse): void {
    this.#refuse(response, evaluateUnsupported(), false);
  }

  protected override async disconnectRequest(response: DebugProtocol.DisconnectResponse): Promise<void> {
    await this.#stop(false);
    this.sendResponse(response);
    this.shutdown();
  }

  /** Ends the trace, whoever asks; the application goes on. Settles when every function is restored. */
  end(): Promise<void> {
    return this.#stop(true);
  }

  #stop(tell: boolean): Promise<void> {
    this.#ended = true;
    this.#stopping ??= this.#leave(tell);
    return this.#stopping;
  }

  async #leave(tell: boolean): Promise<void> {
    clearTimeout(this.#rest);
    for (const undo of this.#undo.splice(0)) undo();
    const trace = this.#trace;
    if (trace !== null) {
      try {
        await trace.stop();
        const { recording } = trace;
        const { dropped } = recording.manifest;
        const found = trace.findings().length;
        this.#say(summaryLine(recording.eventCount, recording.spanCount, dropped, found, trace.overhead()));
        this.#say(leftLine(trace.directory));
      } catch (error) {
        this.#say(textOf(error));
      }
      this.#parts.onStop?.();
    }
    if (tell) this.sendEvent(new TerminatedEvent());
  }

  #say(line: string, location: SourceLocation | null = null): void {
    const event: DebugProtocol.OutputEvent = new OutputEvent(`${line}\n`, 'console');
    const place = this.#place(location);
    if (place !== null) Object.assign(event.body, place);
    this.sendEvent(event as unknown as Event);
  }

  /** Says that something takes time; returns what ends it. */
  #progress(title: string): () => void {
    if (!this.#reportsProgress) return () => undefined;
    this.sendEvent(new ProgressStartEvent('attach', title));
    return () => this.sendEvent(new ProgressEndEvent('attach'));
  }

  #refuse(response: DebugProtocol.Response, error: unknown, show = true): void {
    // As a variable, because braces in the text itself would be taken for placeholders; `_` allows it in logs.
    const format = { id: ERROR_ID, format: '{_error}', variables: { _error: textOf(error) }, showUser: show };
    this.sendErrorResponse(response, format);
  }
}
