import { join } from 'node:path';

/** `<base>/.nodescope`: everything NodeScope writes into a workspace. */
export const homeOf = (base: string): string => join(base, '.nodescope');
export const recordingsOf = (base: string): string => join(homeOf(base), 'recordings');
export const catalogueOf = (base: string): string => join(homeOf(base), 'recordings.json');
export const manifestOf = (recording: string): string => join(recording, 'recording.json');
export const indexOf = (recording: string): string => join(recording, 'index-1.bin');

const SEGMENT = /^events-(\d{6})\.jsonl$/;

/** `events-000001.jsonl` for 1. */
export const segmentFile = (number: number): string => `events-${String(number).padStart(6, '0')}.jsonl`;

/** The number of a segment file, null for any other file name. */
export function segmentNumber(file: string): number | null {
  const match = SEGMENT.exec(file);
  return match === null ? null : Number(match[1]);
}
