import { formatArgs, formatValue } from '../event/format.ts';
import type { CapturedValue } from '../event/value.ts';
import { routePattern } from '../query/route-pattern.ts';
import type { AnalysisContext } from './detector.ts';
import type { LostUpdateAccess, LostUpdateDetails } from './finding.ts';
import { milliseconds } from './n-plus-one-text.ts';
import type { SpanInfo } from './span-info.ts';

/** A span as people call it: the function, or the request; with `pattern` without the ids in its path. */
export function nameOfSpan(span: SpanInfo, context: AnalysisContext, pattern: boolean): string {
  if (span.request !== null) {
    const { method, url } = span.request;
    return pattern ? routePattern(method, url) : `${method} ${url}`;
  }
  if (span.probe !== null) return context.probeOf(span.probe)?.name ?? `probe ${span.probe}`;
  return 'a call that began before the recording';
}

/** Where in the watched state: `slots[7]`, `count`. */
export function placeText(path: string, key: CapturedValue | null): string {
  return key === null ? path : `${path}[${formatValue(key, 40)}]`;
}

/** Title, explanation and suggestion of a lost update. */
export function lostUpdateText(details: LostUpdateDetails): {
  readonly title: string;
  readonly explanation: string;
  readonly suggestion: string;
} {
  const { lost, by } = details;
  const place = placeText(details.path, details.key);
  const wrote = formatValue(lost.wrote, 80);
  return {
    title:
      lost.function === by.function
        ? `Lost update of ${place} in ${by.function}`
        : `Lost update of ${place}: ${by.function} overwrites ${lost.function}`,
    explanation: [
      `${callText(by)} read ${place} as ${formatValue(by.read, 80)} at ${milliseconds(by.readAt)}`,
      `and wrote ${formatValue(by.wrote, 80)} at ${milliseconds(by.wroteAt)}.`,
      `In between ${callText(lost)}, running at the same time, had read ${formatValue(lost.read, 80)}`,
      `(at ${milliseconds(lost.readAt)}) and wrote ${wrote} (at ${milliseconds(lost.wroteAt)}).`,
      `The later write was based on what was read before the earlier one, so the update to ${wrote} is lost.`,
    ].join(' '),
    suggestion:
      'Read and write without an await between them, or look again after the await and stop if the value has changed, or let calls for the same key wait for each other (a lock or queue per key).',
  };
}

function callText(access: LostUpdateAccess): string {
  const args = access.function.includes(' ') ? '' : `(${formatArgs(access.args, 80)})`;
  return `${access.function}${args}`;
}
