import type { Recording } from '../store/recording.ts';
import { Analysis } from './analysis.ts';
import type { Finding } from './finding.ts';

/** Runs all detectors over a recording from its first event; about 3 seconds per million events from disk. */
export function analyse(recording: Recording): Finding[] {
  const analysis = new Analysis({ probeOf: (probe) => recording.probeOf(probe) });
  for (const event of recording.events()) analysis.observe([event]);
  return analysis.findings();
}
