import type { SpanStartEvent } from '../event/event.ts';
import type { CallId, TargetId } from '../event/ids.ts';
import type { CapturedValue } from '../event/value.ts';

/** What detectors know of a span while it matters. */
export interface SpanInfo {
  readonly call: CallId;
  readonly target: TargetId;
  /** Null for a root, and where the parent's start was not seen. */
  parent: SpanInfo | null;
  root: CallId;
  kind: 'call' | 'http' | 'db' | 'unknown';
  probe: number | null;
  /** `GET /projects/12` for a request. */
  request: { readonly method: string; readonly url: string } | null;
  args: readonly CapturedValue[];
  /** Nanoseconds; null for a span whose start was not seen. */
  start: number | null;
  /** Null while it is open. */
  end: number | null;
}

export function spanInfo(call: CallId, target: TargetId): SpanInfo {
  return {
    call,
    target,
    parent: null,
    root: call,
    kind: 'unknown',
    probe: null,
    request: null,
    args: [],
    start: null,
    end: null,
  };
}

/** Fills in what the start of a span tells. */
export function startSpan(info: SpanInfo, event: SpanStartEvent, parent: SpanInfo | null): void {
  info.parent = parent;
  info.root = event.root;
  info.start = event.t;
  switch (event.type) {
    case 'call.enter':
      info.kind = 'call';
      info.probe = event.probe;
      info.args = event.args;
      break;
    case 'http.server.start':
      info.kind = 'http';
      info.request = { method: event.method, url: event.url };
      break;
    case 'db.query.start':
      info.kind = 'db';
      break;
  }
}

const MAX_DEPTH = 1_000;

/** Whether `span` is `other` or an ancestor of it. */
export function isWithin(other: SpanInfo, span: SpanInfo): boolean {
  let at: SpanInfo | null = other;
  for (let depth = 0; at !== null && depth < MAX_DEPTH; depth++) {
    if (at === span) return true;
    at = at.parent;
  }
  return false;
}
