import { TABS, type Tab } from '../messages.ts';
import type { AppState } from './app-state.ts';
import { fields, flag, Mismatch, number, oneOf, orNull, text } from './check.ts';

/** What survives hiding and reloading the webview (kept by VS Code through setState). */
export interface Saved {
  readonly version: 1;
  readonly recording: string;
  readonly from: number;
  readonly to: number;
  readonly playhead: number;
  readonly selected: number | null;
  readonly finding: string | null;
  readonly tab: Tab;
  readonly live: boolean;
  readonly search: string;
}

export function toSaved(state: AppState): Saved {
  return {
    version: 1,
    recording: state.recording,
    from: state.view.from,
    to: state.view.to,
    playhead: state.playhead,
    selected: state.selected,
    finding: state.finding,
    tab: state.tab,
    live: state.mode === 'live',
    search: state.search.text,
  };
}

/** What was kept, or null when there is nothing, or nothing usable (an older version of the panel). */
export function parseSaved(data: unknown): Saved | null {
  try {
    const s = fields(data, 'saved');
    if (s.version !== 1) return null;
    const from = number(s.from, 'from');
    const to = number(s.to, 'to');
    if (to <= from) return null;
    return {
      version: 1,
      recording: text(s.recording, 'recording'),
      from,
      to,
      playhead: number(s.playhead, 'playhead'),
      selected: orNull(s.selected, 'selected', number),
      finding: orNull(s.finding, 'finding', text),
      tab: oneOf(s.tab, TABS, 'tab'),
      live: flag(s.live, 'live'),
      search: text(s.search, 'search'),
    };
  } catch (error) {
    if (error instanceof Mismatch) return null;
    throw error;
  }
}
