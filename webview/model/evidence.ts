import type { Finding } from '../../src/tracer/finding/finding.ts';

/** A moment or call that proves a finding, as a link. */
export interface Evidence {
  readonly label: string;
  /** The call to select; null when only the moment is known. */
  readonly call: number | null;
  /** The moment to move the playhead to; null: the start of the call. */
  readonly t: number | null;
}

const MOST = 24;

/** The links of a finding, most telling first, at most 24. */
export function evidenceOf(finding: Finding): Evidence[] {
  const details = finding.details;
  if (details.kind === 'lost-update') {
    const { lost, by } = details;
    return [
      { label: `${lost.function} reads`, call: lost.call, t: lost.readAt },
      { label: `${by.function} reads the same`, call: by.call, t: by.readAt },
      { label: `${lost.function} writes`, call: lost.call, t: lost.wroteAt },
      { label: `${by.function} overwrites it`, call: by.call, t: by.wroteAt },
    ].sort((a, b) => a.t - b.t);
  }
  return finding.evidence.calls.slice(0, MOST).map((call, i) => ({ label: `call ${i + 1}`, call, t: null }));
}

/** The stretch of time that shows what happened, or null when only its calls are known. */
export function stretchOf(finding: Finding): { readonly from: number; readonly to: number } | null {
  const details = finding.details;
  if (details.kind !== 'lost-update') return null;
  const times = [details.lost.readAt, details.by.readAt, details.lost.wroteAt, details.by.wroteAt];
  return { from: Math.min(...times), to: Math.max(...times) };
}
