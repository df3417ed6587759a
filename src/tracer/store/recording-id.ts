import { randomBytes } from 'node:crypto';

const SHAPE = /^\d{8}-\d{6}-[0-9a-z]{4,16}$/;

/** A new id that sorts by time: UTC date and time to the second, and four random characters (`20261123-150812-ab12`). */
export function newRecordingId(now: Date = new Date()): string {
  const stamp = now.toISOString();
  const random = randomBytes(4).readUInt32LE(0).toString(36).padStart(7, '0').slice(-4);
  return `${stamp.slice(0, 10).replaceAll('-', '')}-${stamp.slice(11, 19).replaceAll(':', '')}-${random}`;
}

/** Whether `id` is a recording id, and therefore safe as a folder name. */
export function isRecordingId(id: string): boolean {
  return SHAPE.test(id);
}
