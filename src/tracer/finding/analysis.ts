import { textOf } from '../error/error.ts';
import { isSpanEnd, isSpanStart, type TraceEvent } from '../event/event.ts';
import type { AnalysisContext, Detector, DetectorContext } from './detector.ts';
import type { Finding } from './finding.ts';
import { LiveSpans } from './live-spans.ts';
import { createDetectors } from './registry.ts';

const WEIGHT = { error: 0, warning: 1, info: 2 } as const;

/** Runs the detectors over the events of a recording, while it is made or afterwards. */
export class Analysis {
  readonly #context: DetectorContext;
  #detectors: Detector[];
  /** Detectors that failed and were taken out, with what they said: a bug there must not end a recording. */
  readonly failures: string[] = [];

  constructor(context: AnalysisContext, detectors: Detector[] = createDetectors()) {
    this.#detectors = detectors;
    const spans = new LiveSpans((span) => this.#each((detector) => detector.forget(span, this.#context)));
    this.#context = { probeOf: (probe) => context.probeOf(probe), spans };
  }

  /** Takes events in order of storage. */
  observe(events: readonly TraceEvent[]): void {
    for (const event of events) {
      if (isSpanStart(event)) this.#context.spans.start(event);
      for (const detector of this.#detectors) {
        try {
          detector.observe(event, this.#context);
        } catch (error) {
          this.#takeOut(detector, error);
        }
      }
      if (isSpanEnd(event)) this.#context.spans.end(event);
    }
  }

  /** Everything found so far, the worst first. The same cause keeps its id from call to call. */
  findings(): Finding[] {
    const found: Finding[] = [];
    this.#each((detector) => found.push(...detector.findings(this.#context)));
    return found.sort((a, b) => WEIGHT[a.severity] - WEIGHT[b.severity] || b.count - a.count || a.firstAt - b.firstAt);
  }

  #each(run: (detector: Detector) => void): void {
    for (const detector of this.#detectors) {
      try {
        run(detector);
      } catch (error) {
        this.#takeOut(detector, error);
      }
    }
  }

  #takeOut(detector: Detector, error: unknown): void {
    this.#detectors = this.#detectors.filter((other) => other !== detector);
    this.failures.push(`The detector "${detector.name}" failed and was switched off: ${textOf(error)}`);
  }
}
