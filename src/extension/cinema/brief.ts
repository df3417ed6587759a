import type { SpanBrief } from '../../../webview/messages.ts';
import type { Span } from '../../tracer/store/span.ts';

/** A span as the cinema needs it; what it does not need stays here. */
export function briefOf(span: Span): SpanBrief {
  const { call, parent, root, target, kind, name, start, end, failed, location } = span;
  return { call, parent, root, target, kind, name, start, end, failed, location };
}
