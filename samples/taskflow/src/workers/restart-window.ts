/** Restart intensity: so many restarts in so much time are bad luck, more are a fault that restarting will not mend. */
export class RestartWindow {
  private readonly restarts: number[] = [];

  constructor(
    private readonly most: number,
    private readonly withinMs: number,
    private readonly now: () => number = Date.now,
  ) {}

  /** Whether one more restart is allowed; if so, it is counted. */
  allow(): boolean {
    const now = this.now();
    while (this.restarts[0] !== undefined && this.restarts[0] <= now - this.withinMs) this.restarts.shift();
    if (this.restarts.length >= this.most) return false;
    this.restarts.push(now);
    return true;
  }

  /** Forgets the restarts so far. */
  clear(): void {
    this.restarts.length = 0;
  }
}
