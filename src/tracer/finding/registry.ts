import type { Detector } from './detector.ts';
import { LostUpdateDetector } from './lost-update.ts';
import { NPlusOneDetector } from './n-plus-one.ts';

/** All detectors, fresh, for one recording. */
export function createDetectors(): Detector[] {
  return [new NPlusOneDetector(), new LostUpdateDetector()];
}
