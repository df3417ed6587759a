import type { Inspector } from '../target/inspector.ts';
import type { AgentLink } from './agent-link.ts';
import type { CallFrame, DebuggerDomain, Paused } from './debugger-domain.ts';
import type { InstalledProbe } from './function-probe.ts';

interface Place {
  readonly variable: string;
  readonly outer: number;
}
interface Writing extends Place {
  readonly objectId: string;
  readonly done: (written: boolean) => void;
}

/** A function made in a frame and called later: it pauses where that frame's scopes can be written. Named after its agent. */
export const standOf = (agent: string): string => `function ${agent}_foothold(){debugger}`;
const ANY_FOOTHOLD = /^__nodescope_\w+_foothold$/;

/**
 * The variables that the debugger wrote a wrapper into, and their way back: each is kept in reach by a function made in its
 * frame (`agent/footholds.ts`), so that leaving waits for no call of the application. One pause each, as long as a message
 * to the target takes.
 */
export class Footholds {
  private readonly kept: InstalledProbe[] = [];
  private writing: Writing | null = null;

  constructor(
    private readonly inspector: Inspector,
    private readonly agent: AgentLink,
    private readonly domain: DebuggerDomain,
  ) {}

  get count(): number {
    return this.kept.length;
  }

  /** The debugger has written `variable`, in scope `scope` of `frame`, which was offered to the agent as `key`. */
  async wrote(probe: InstalledProbe, key: string, variable: string, frame: CallFrame, scope: number): Promise<void> {
    const outer = frame.scopeChain.length - 1 - scope;
    const kept = await this.agent.call<boolean>('wrote', probe.config.id, key, variable, outer).catch(() => false);
    if (kept) this.kept.push(probe);
  }

  /** Whether the pause is at a foothold: of ours, which is used and left at once, or of another recorder, which does the same. */
  paused(paused: Paused): boolean {
    const frame = paused.callFrames[0];
    if (frame === undefined || !ANY_FOOTHOLD.test(frame.functionName)) return false;
    if (frame.functionName !== `${this.agent.name}_foothold`) return true;
    const { writing } = this;
    this.writing = null;
    const written =
      writing === null
        ? Promise.resolve(false)
        : this.set(frame, frame.scopeChain.length - 1 - writing.outer, writing.variable, writing.objectId);
    void this.domain.resume().catch(() => undefined);
    void written.then((ok) => writing?.done(ok));
    return true;
  }

  /** Writes every original back; the probes of ours of which one could not be written. The Debugger domain must be on. */
  async restore(): Promise<Set<InstalledProbe>> {
    const failed = new Set<InstalledProbe>();
    const places = await this.agent.call<readonly Place[]>('footholds.places');
    const all = await Promise.all(
      places.map(async (place, index) => ({
        probe: this.kept[index],
        index,
        place,
        objectId: await this.agent.objectOf(`${this.agent.reference}.footholds.original(${index})`),
      })),
    );
    for (const { probe, index, place, objectId } of all) {
      const written =
        objectId !== '' &&
        (await new Promise<boolean>((resolve) => {
          this.writing = { ...place, objectId, done: resolve };
          // Answered without a pause when another debugger holds the process.
          this.agent.call('footholds.stand', index).then(
            () => resolve(false),
            () => resolve(false),
          );
        }));
      if (!written && probe !== undefined) failed.add(probe);
    }
    this.writing = null;
    this.kept.length = 0;
    return failed;
  }

  /** Writes a variable of a paused frame; commands leave before the first await. */
  set(frame: CallFrame, scopeNumber: number, variableName: string, objectId: string): Promise<boolean> {
    const newValue = { objectId };
    return this.inspector
      .send('Debugger.setVariableValue', { scopeNumber, variableName, newValue, callFrameId: frame.callFrameId })
      .then(
        () => true,
        () => false,
      );
  }
}
