import type { Probe } from './probe.ts';

/** Stops in a frame whose scope chain ends in the scopes of the frame it was made in. */
export type Stand = () => void;

/** A variable that only a debugger can write, and a way to be in a frame that sees it. */
interface Foothold {
  readonly probe: Probe;
  readonly variable: string;
  /** Scopes that lie further out than the variable's: the chain is counted from its outer end, which all frames share. */
  readonly outer: number;
  readonly stand: Stand;
}

/**
 * Where the debugger has written a wrapper into a constant or a caller's variable, it has to write the original back. It
 * can do so in a paused frame only; rather than wait for the application to come by again, a function made in the first
 * frame keeps its scopes within reach: calling it pauses at once where the variable can be seen.
 */
export class Footholds {
  private readonly offers = new Map<string, Stand>();
  private readonly kept: Foothold[] = [];

  /** A frame that may become a foothold under `key`, once it is known that its variable was written. */
  offer(key: string, stand: Stand): void {
    this.offers.set(key, stand);
  }

  /** The debugger has written `variable` in the frame offered as `key`. Whether it can be written back later. */
  keep(key: string, probe: Probe, variable: string, outer: number): boolean {
    const stand = this.offers.get(key);
    this.offers.delete(key);
    if (stand === undefined) return false;
    this.kept.push({ probe, variable, outer, stand });
    return true;
  }

  places(): { readonly variable: string; readonly outer: number }[] {
    return this.kept.map(({ variable, outer }) => ({ variable, outer }));
  }

  original(index: number): unknown {
    return this.kept[index]?.probe.original ?? undefined;
  }

  /** Pauses in the foothold's frame while a debugger is attached; does nothing without one. */
  stand(index: number): void {
    this.kept[index]?.stand();
  }
}
