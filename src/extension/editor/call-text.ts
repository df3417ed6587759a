import { formatDuration, plural } from '../../adapter/duration.ts';
import { type SpanRecord, spanRecord } from '../../adapter/span-record.ts';
import { formatArgs, formatValue } from '../../tracer/event/format.ts';
import type { Recording } from '../../tracer/store/recording.ts';

const PART = 60;

/** A call as the text at the end of its line: what went in, what came out, how long it took. */
export function callLine(recording: Recording, call: number): string {
  const record = spanRecord(recording, call);
  if (record === null) return '';
  const { span } = record;
  const time = span.end === null ? 'still running' : formatDuration(span.end - span.start);
  return `${withResult(record)} · ${time}`;
}

function withResult(record: SpanRecord): string {
  switch (record.kind) {
    case 'call': {
      const { enter, exit, end } = record;
      const args = `(${formatArgs(enter.args, PART)})`;
      if (end?.type === 'call.throw') return `${args} ✗ ${formatValue(end.error, PART)}`;
      if (end?.type === 'call.settle')
        return `${args} ${end.outcome === 'rejected' ? '✗' : '→'} ${formatValue(end.value, PART)}`;
      return exit === null || exit.pending === true ? args : `${args} → ${formatValue(exit.value, PART)}`;
    }
    case 'http':
      return record.end === null ? record.start.method : `${record.start.method} → ${record.end.status}`;
    case 'db': {
      const { end } = record;
      if (end === null) return 'query';
      if (end.error !== undefined) return `✗ ${formatValue(end.error, PART)}`;
      return end.rows === null ? 'query' : `→ ${plural(end.rows, 'row')}`;
    }
  }
}
