import { formatCount, formatDuration, plural } from '../../adapter/duration.ts';
import type { FunctionProfile } from '../../tracer/query/profile.ts';
import type { ProbeState } from '../../tracer/store/manifest.ts';

/** What stands above a traced function. A function that is not traced says why. */
export function lensText(profile: FunctionProfile, probe: ProbeState | undefined): string {
  if (profile.calls === 0) {
    const why = probe === undefined || probe.reason === '' ? '' : `: ${probe.reason}`;
    return probe?.status === 'failed' ? `not traced${why}` : `no calls yet${why}`;
  }
  const errors = profile.errors === 0 ? '' : ` · ${plural(profile.errors, 'error')}`;
  const times = profile.total === 0 ? '' : ` · p50 ${formatDuration(profile.p50)} · p95 ${formatDuration(profile.p95)}`;
  return `${formatCount(profile.calls)} ${profile.calls === 1 ? 'call' : 'calls'}${errors}${times}`;
}
