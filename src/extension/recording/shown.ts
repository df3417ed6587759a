import * as vscode from 'vscode';
import type { OpenRecording, RecordingChange } from './open-recording.ts';

/** The one recording that cinema, lenses, Problems and status bar show, and the call that is looked at in it. */
export class Shown implements vscode.Disposable {
  #current: OpenRecording | null = null;
  #selected: number | null = null;
  #undo: (() => void)[] = [];
  readonly #changedCurrent = new vscode.EventEmitter<OpenRecording | null>();
  readonly #changed = new vscode.EventEmitter<RecordingChange>();
  readonly #movedPlayhead = new vscode.EventEmitter<void>();
  readonly #selectedCall = new vscode.EventEmitter<number | null>();
  /** Another recording is shown, or none. */
  readonly onDidChangeCurrent = this.#changedCurrent.event;
  /** The shown recording has grown or ended. */
  readonly onDidChange = this.#changed.event;
  /** The playhead was frozen, moved or let go. */
  readonly onDidMovePlayhead = this.#movedPlayhead.event;
  readonly onDidSelect = this.#selectedCall.event;

  get current(): OpenRecording | null {
    return this.#current;
  }

  /** The call looked at; null for none. */
  get selected(): number | null {
    return this.#selected;
  }

  show(recording: OpenRecording | null): void {
    if (recording === this.#current) return;
    for (const undo of this.#undo.splice(0)) undo();
    const before = this.#current;
    this.#current = recording;
    this.#selected = null;
    if (recording !== null) {
      this.#undo.push(
        recording.onChange((change) => this.#changed.fire(change)),
        recording.playhead.onMove(() => this.#movedPlayhead.fire()),
      );
    }
    this.#changedCurrent.fire(recording);
    // A live one belongs to its debug session, which goes on without being looked at.
    if (before !== null && !before.live) before.close();
  }

  select(call: number | null): void {
    this.#selected = call;
    this.#selectedCall.fire(call);
  }

  dispose(): void {
    this.show(null);
    for (const emitter of [this.#changedCurrent, this.#changed, this.#movedPlayhead, this.#selectedCall])
      emitter.dispose();
  }
}
