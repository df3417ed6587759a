import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { builtFile } from '../probe/agent-source.ts';
import type { Charge } from './charge.ts';

/**
 * The recorder's end of a guardian (`main.ts`), started with the first target. It does not keep the recorder alive; where it
 * cannot be started, recording goes on without.
 */
export class Guardian {
  private child: ChildProcess | null = null;
  /** It could not be started here; asking again would not help. */
  private failed = false;

  /** Takes a target into care, or tells what it needs now. */
  watch(charge: Charge): void {
    if (this.failed) return;
    try {
      this.child ??= this.start();
      this.tell(charge);
    } catch {
      this.failed = true;
    }
  }

  /** The target has been left in good order. */
  free(agent: string): void {
    if (this.child !== null) this.tell({ free: agent });
  }

  /** Nothing is in its care any more: it ends. */
  dismiss(): void {
    this.child?.stdin?.end();
    this.child = null;
  }

  private start(): ChildProcess {
    const child = spawn(process.execPath, [builtFile('guardian.js')], {
      // A group of its own: Ctrl-C in the recorder's terminal is not for it.
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
      // The editor's own executable is a Node only when told so.
      env: { ...process.env, ELECTRON_RUN_AS_NODE: '1', NODE_OPTIONS: '' },
      windowsHide: true,
    });
    child.on('error', () => undefined);
    child.stdin?.on('error', () => undefined);
    child.unref();
    (child.stdin as Socket | null)?.unref();
    return child;
  }

  private tell(said: Charge | { readonly free: string }): void {
    const stdin = this.child?.stdin;
    if (stdin?.writable === true) stdin.write(`${JSON.stringify(said)}\n`);
  }
}
