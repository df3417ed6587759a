import * as vscode from 'vscode';
import { NodeScopeDebugSession } from '../../adapter/debug-session.ts';
import type { LiveTrace } from '../../adapter/live-trace.ts';
import { startTrace } from '../../adapter/start-trace.ts';
import { TraceSession } from '../../tracer/session/session.ts';
import { OpenRecording } from '../recording/open-recording.ts';
import type { Shown } from '../recording/shown.ts';
import { DEBUG_TYPE } from './configuration.ts';

interface Running {
  readonly session: vscode.DebugSession;
  readonly recording: OpenRecording;
}

/** The debug sessions of NodeScope and the recording each makes; the adapter runs inside the extension host. */
export class DebugSessions implements vscode.DebugAdapterDescriptorFactory, vscode.Disposable {
  readonly #shown: Shown;
  readonly #running = new Map<string, Running>();
  readonly #started = new vscode.EventEmitter<OpenRecording>();
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #disposables: vscode.Disposable[];
  /** Probes are in place and the first events come. */
  readonly onDidStart = this.#started.event;
  /** A session has begun or ended. */
  readonly onDidChange = this.#changed.event;

  constructor(shown: Shown) {
    this.#shown = shown;
    this.#disposables = [
      this.#started,
      this.#changed,
      vscode.debug.registerDebugAdapterDescriptorFactory(DEBUG_TYPE, this),
      vscode.debug.onDidTerminateDebugSession((session) => this.#ended(session)),
    ];
  }

  createDebugAdapterDescriptor(session: vscode.DebugSession): vscode.DebugAdapterDescriptor {
    const adapter = new NodeScopeDebugSession({
      start: (request) => startTrace(request, (options) => TraceSession.attach(options)),
      onStart: ({ trace, playhead }) => {
        const recording = OpenRecording.live(trace, playhead);
        this.#running.set(session.id, { session, recording });
        this.#shown.show(recording);
        this.#changed.fire();
        this.#started.fire(recording);
      },
      onStop: () => this.#ended(session),
    });
    return new vscode.DebugAdapterInlineImplementation(adapter as unknown as vscode.DebugAdapter);
  }

  /** Running traces, oldest first. */
  all(): readonly OpenRecording[] {
    return [...this.#running.values()].map(({ recording }) => recording);
  }

  /** The trace that a command without further words means: the shown one, else the latest. */
  trace(): LiveTrace | null {
    return this.#shown.current?.trace ?? [...this.#running.values()].at(-1)?.recording.trace ?? null;
  }

  /** Ends the shown trace, else the latest; false when nothing runs. */
  async stop(): Promise<boolean> {
    const all = [...this.#running.values()];
    const running = all.find(({ recording }) => recording === this.#shown.current) ?? all.at(-1);
    if (running === undefined) return false;
    await vscode.debug.stopDebugging(running.session);
    return true;
  }

  /** Takes everything out of every target. */
  async stopAll(): Promise<void> {
    await Promise.allSettled(this.all().map((recording) => recording.trace?.stop()));
  }

  dispose(): void {
    for (const disposable of this.#disposables) disposable.dispose();
  }

  #ended(session: vscode.DebugSession): void {
    const running = this.#running.get(session.id);
    if (running === undefined) return;
    this.#running.delete(session.id);
    running.recording.ended();
    if (running.recording !== this.#shown.current) running.recording.close();
    this.#changed.fire();
  }
}
