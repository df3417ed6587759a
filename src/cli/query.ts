import type { EventType } from '../tracer/event/event.ts';
import type { EventQuery } from '../tracer/store/event-query.ts';
import { EVENT_TYPES } from '../tracer/store/event-types.ts';
import { type Parsed, text, texts, time, usage, wholeNumber } from './arguments.ts';
import { printJson } from './output.ts';
import { openRecording } from './recording.ts';

const DEFAULT_LIMIT = 100;

/** `nodescope query`: one JSON array with --json, else one event a line. */
export async function query(parsed: Parsed): Promise<void> {
  const wanted = queryOf(parsed);
  const events = (await openRecording(parsed)).query(wanted);
  if (parsed.values.json) return printJson(events);
  for (const event of events) process.stdout.write(`${JSON.stringify(event)}\n`);
}

function queryOf(parsed: Parsed): EventQuery {
  const types = texts(parsed, 'type').flatMap((value) => value.split(','));
  const unknown = types.find((type) => !(EVENT_TYPES as readonly string[]).includes(type));
  if (unknown !== undefined) throw usage(`there is no event type "${unknown}" (there are ${EVENT_TYPES.join(', ')})`);
  const fn = text(parsed, 'function');
  const [from, to] = [text(parsed, 'from'), text(parsed, 'to')];
  const search = text(parsed, 'text');
  const limit = text(parsed, 'limit');
  return {
    ...(types.length === 0 ? {} : { types: types as EventType[] }),
    ...(fn === undefined ? {} : { function: fn }),
    ...(from === undefined ? {} : { from: time(from, 'from') }),
    ...(to === undefined ? {} : { to: time(to, 'to') }),
    ...(search === undefined ? {} : { text: search }),
    limit: limit === undefined ? DEFAULT_LIMIT : wholeNumber(limit, 'limit', 10_000_000),
  };
}
