import type { SourceLocation } from '../../src/tracer/event/location.ts';
import type { ViewMessage } from '../messages.ts';
import { type Fields, fields, flag, Mismatch, number, oneOf, orNull, text } from './check.ts';

const DIRECTIONS = [1, -1] as const;
const LONGEST_SEARCH = 1_000;
const MOST_PIXELS = 100_000;

/** A message of the view, checked and rebuilt field by field, or null when it is none. For the host; never throws. */
export function parseViewMessage(data: unknown): ViewMessage | null {
  try {
    return parse(fields(data, 'message'));
  } catch (error) {
    if (error instanceof Mismatch) return null;
    throw error;
  }
}

function parse(m: Fields): ViewMessage | null {
  switch (m.kind) {
    case 'ready':
    case 'stop':
      return { kind: m.kind };
    case 'window': {
      const from = number(m.from, 'from');
      const to = number(m.to, 'to');
      const pixels = Math.round(number(m.pixels, 'pixels'));
      if (to <= from || pixels < 1 || pixels > MOST_PIXELS) return null;
      return { kind: 'window', requestId: number(m.requestId, 'requestId'), from, to, pixels };
    }
    case 'select':
      return { kind: 'select', call: orNull(m.call, 'call', number), reveal: flag(m.reveal, 'reveal') };
    case 'playhead':
      return { kind: 'playhead', t: number(m.t, 't'), live: flag(m.live, 'live') };
    case 'state':
      return { kind: 'state', requestId: number(m.requestId, 'requestId'), t: number(m.t, 't') };
    case 'search':
      return { kind: 'search', text: text(m.text, 'text').slice(0, LONGEST_SEARCH), ...from(m) };
    case 'step':
      return { kind: 'step', ...from(m) };
    case 'open':
      return { kind: 'open', location: location(m.location, 'location') };
    case 'openFinding':
      return { kind: 'openFinding', id: text(m.id, 'id') };
    default:
      return null;
  }
}

function from(m: Fields): { requestId: number; call: number | null; t: number; direction: 1 | -1 } {
  return {
    requestId: number(m.requestId, 'requestId'),
    call: orNull(m.call, 'call', number),
    t: number(m.t, 't'),
    direction: oneOf(m.direction, DIRECTIONS, 'direction'),
  };
}

/** A source location; used for both directions. */
export function location(value: unknown, where: string): SourceLocation {
  const l = fields(value, where);
  const place = {
    file: text(l.file, `${where}.file`),
    line: number(l.line, `${where}.line`),
    column: number(l.column, `${where}.column`),
  };
  return l.function === undefined ? place : { ...place, function: text(l.function, `${where}.function`) };
}
