export interface FunctionCount {
  entered: number;
  completed: number;
}

/**
 * The application's own count of what it did, served by `GET /stats`: an outside observer can be checked against it.
 * A call that failed, or is still under way, has been entered and not completed.
 */
export class Counters {
  private readonly functions = new Map<string, FunctionCount>();
  private readonly statuses = new Map<number, number>();
  private served = 0;

  entered(name: string): void {
    this.countOf(name).entered += 1;
  }

  completed(name: string): void {
    this.countOf(name).completed += 1;
  }

  responded(statusCode: number): void {
    this.served += 1;
    this.statuses.set(statusCode, (this.statuses.get(statusCode) ?? 0) + 1);
  }

  /** `requests.total` counts answers sent so far, so not the request that asks. */
  snapshot(): {
    requests: { total: number; byStatus: Record<string, number> };
    functions: Record<string, FunctionCount>;
  } {
    return {
      requests: { total: this.served, byStatus: Object.fromEntries(this.statuses) },
      functions: Object.fromEntries([...this.functions].map(([name, count]) => [name, { ...count }])),
    };
  }

  private countOf(name: string): FunctionCount {
    let count = this.functions.get(name);
    if (!count) {
      count = { entered: 0, completed: 0 };
      this.functions.set(name, count);
    }
    return count;
  }
}
