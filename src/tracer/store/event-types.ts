import type { EventType } from '../event/event.ts';

/** Every event type by its code in the index. Append only: the codes are written into index files. */
export const EVENT_TYPES = [
  'call.enter',
  'call.exit',
  'call.throw',
  'call.settle',
  'state.snapshot',
  'state.read',
  'state.change',
  'http.server.start',
  'http.server.end',
  'db.query.start',
  'db.query.end',
  'process.exit',
  'probe.installed',
  'probe.throttled',
  'probe.failed',
  'probe.removed',
  'events.dropped',
] as const satisfies readonly EventType[];

type Unlisted = Exclude<EventType, (typeof EVENT_TYPES)[number]>;
/** Fails to compile when an event type is missing from the list above. */
export const ALL_TYPES_LISTED: [Unlisted] extends [never] ? true : Unlisted = true;

const CODES: ReadonlyMap<string, number> = new Map(EVENT_TYPES.map((type, code) => [type, code]));

/** The code of an event type, -1 for a type this version does not know. */
export function codeOf(type: string): number {
  return CODES.get(type) ?? -1;
}
