import type { EventType } from '../event/event.ts';

/** The code of every event type in the index; in their order, without gaps. Append only: they are written into index files. */
const TABLE = {
  'call.enter': 0,
  'call.exit': 1,
  'call.throw': 2,
  'call.settle': 3,
  'state.snapshot': 4,
  'state.read': 5,
  'state.change': 6,
  'http.server.start': 7,
  'http.server.end': 8,
  'db.query.start': 9,
  'db.query.end': 10,
  'process.exit': 11,
  'probe.installed': 12,
  'probe.throttled': 13,
  'probe.failed': 14,
  'probe.removed': 15,
  'events.dropped': 16,
} satisfies Record<EventType, number>;

const CODES: ReadonlyMap<string, number> = new Map(Object.entries(TABLE));

/** Every event type, by its code. */
export const EVENT_TYPES: readonly EventType[] = Object.keys(TABLE) as EventType[];

/** The code of an event type, -1 for a type this version does not know. */
export function codeOf(type: string): number {
  return CODES.get(type) ?? -1;
}
