import { Histogram } from './histogram.js';

export interface Latency {
  mean: number;
  p50: number;
  p95: number;
  p99: number;
  max: number;
}

export interface Failures {
  http4xx: number;
  http5xx: number;
  /** Answers of 5xx to requests that a deliberate fault makes fail. */
  deliberate5xx: number;
  /** No answer at all: connection refused or reset, or none within the time limit. */
  network: number;
}

export interface RequestSummary {
  requests: number;
  latencyMs: Latency;
  errors: Failures;
}

class Tally {
  readonly durations = new Histogram();
  readonly errors: Failures = { http4xx: 0, http5xx: 0, deliberate5xx: 0, network: 0 };
  requests = 0;

  constructor(private readonly failsDeliberately: (request: string) => boolean) {}

  add(request: string, status: number | undefined, ms: number): void {
    this.requests += 1;
    if (status === undefined) {
      this.errors.network += 1;
      return;
    }
    this.durations.add(ms);
    if (status >= 500 && this.failsDeliberately(request)) this.errors.deliberate5xx += 1;
    else if (status >= 500) this.errors.http5xx += 1;
    else if (status >= 400) this.errors.http4xx += 1;
  }

  summary(): RequestSummary {
    const { durations } = this;
    return {
      requests: this.requests,
      latencyMs: {
        mean: round(durations.mean),
        p50: round(durations.percentile(0.5)),
        p95: round(durations.percentile(0.95)),
        p99: round(durations.percentile(0.99)),
        max: round(durations.max),
      },
      errors: { ...this.errors },
    };
  }
}

/** What the requests of a run took and how they ended, together and by kind of request. */
export class Results {
  private readonly failsDeliberately = (request: string): boolean => this.deliberate.has(request);
  private readonly all = new Tally(this.failsDeliberately);
  private readonly byRequest = new Map<string, Tally>();

  /** `deliberate` are the requests that the server's faults make fail. */
  constructor(private readonly deliberate: ReadonlySet<string> = new Set()) {}

  /** `status` is undefined when no answer came. */
  add(request: string, status: number | undefined, ms: number): void {
    let tally = this.byRequest.get(request);
    if (!tally) {
      tally = new Tally(this.failsDeliberately);
      this.byRequest.set(request, tally);
    }
    tally.add(request, status, ms);
    this.all.add(request, status, ms);
  }

  total(): RequestSummary {
    return this.all.summary();
  }

  perRequest(): Record<string, RequestSummary> {
    const names = [...this.byRequest.keys()].sort();
    return Object.fromEntries(names.map((name) => [name, this.byRequest.get(name)?.summary() as RequestSummary]));
  }
}

function round(ms: number): number {
  return Math.round(ms * 100) / 100;
}
