import type { StateItem } from '../../../webview/messages.ts';
import { stateAt } from '../../tracer/query/state.ts';
import type { Recording } from '../../tracer/store/recording.ts';
import { briefOf } from './brief.ts';

/** Places shown at once: the ones that changed last. */
const MAX_ITEMS = 500;

/** The watched state at `t`, each place with what it held before and who changed it. */
export function stateItems(recording: Recording, t: number): StateItem[] {
  return stateAt(recording, t, { limit: MAX_ITEMS }).map((entry) => {
    const by = entry.by === null ? null : recording.span(entry.by);
    const { target, holder, path, key, value, present, since, before, beforeKnown, diff } = entry;
    const item = { target, holder, path, key, value, present, since, by: by === null ? null : briefOf(by), diff };
    return beforeKnown ? { ...item, before } : item;
  });
}
