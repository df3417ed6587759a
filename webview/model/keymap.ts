import type { Tab } from '../messages.ts';

export type Action =
  | { readonly do: 'zoom'; readonly factor: number }
  /** `share` of the visible width. */
  | { readonly do: 'pan'; readonly share: number }
  | { readonly do: 'scrub'; readonly share: number }
  | { readonly do: 'step'; readonly direction: 1 | -1 }
  | { readonly do: 'match'; readonly direction: 1 | -1 }
  | { readonly do: 'finding'; readonly direction: 1 | -1 }
  | { readonly do: 'tab'; readonly tab: Tab }
  | {
      readonly do:
        | 'parent'
        | 'child'
        | 'focus'
        | 'fitAll'
        | 'start'
        | 'end'
        | 'search'
        | 'help'
        | 'escape'
        | 'toggle'
        | 'open';
    };

/** A key as the browser reports it. */
export interface Key {
  readonly key: string;
  readonly shift: boolean;
  readonly ctrl: boolean;
  readonly alt: boolean;
  readonly meta: boolean;
}

/**
 * Where the focus is. text: a field that takes letters. control: a button, link, tab or list that has its own use for Enter, Space,
 * arrows, Home and End. timeline: the canvas, or nothing in particular.
 */
export type Zone = 'text' | 'control' | 'timeline';

const ANYWHERE: Readonly<Record<string, Action>> = {
  w: { do: 'zoom', factor: 1 / 1.5 },
  '+': { do: 'zoom', factor: 1 / 1.5 },
  '=': { do: 'zoom', factor: 1 / 1.5 },
  s: { do: 'zoom', factor: 1.5 },
  '-': { do: 'zoom', factor: 1.5 },
  a: { do: 'pan', share: -0.2 },
  d: { do: 'pan', share: 0.2 },
  f: { do: 'focus' },
  '0': { do: 'fitAll' },
  o: { do: 'open' },
  '.': { do: 'step', direction: 1 },
  ',': { do: 'step', direction: -1 },
  ']': { do: 'finding', direction: 1 },
  '[': { do: 'finding', direction: -1 },
  '/': { do: 'search' },
  '?': { do: 'help' },
  Escape: { do: 'escape' },
  '1': { do: 'tab', tab: 'details' },
  '2': { do: 'tab', tab: 'state' },
  '3': { do: 'tab', tab: 'calls' },
  '4': { do: 'tab', tab: 'findings' },
  '5': { do: 'tab', tab: 'probes' },
};

const TIMELINE: Readonly<Record<string, Action>> = {
  ' ': { do: 'toggle' },
  ArrowLeft: { do: 'scrub', share: -0.01 },
  ArrowRight: { do: 'scrub', share: 0.01 },
  ArrowUp: { do: 'parent' },
  ArrowDown: { do: 'child' },
  Home: { do: 'start' },
  End: { do: 'end' },
};

/** What a key means in a zone, or null when it is not ours. Shift makes panning and scrubbing ten times coarser. */
export function actionFor(key: Key, zone: Zone): Action | null {
  if (key.ctrl || key.alt || key.meta) return null;
  if (zone === 'text') return textAction(key);
  const name = key.key.length === 1 ? key.key.toLowerCase() : key.key;
  const action = ANYWHERE[name] ?? (zone === 'timeline' ? TIMELINE[name] : undefined);
  if (action === undefined) {
    return name === 'Enter' && zone === 'timeline' ? { do: 'match', direction: key.shift ? -1 : 1 } : null;
  }
  if (key.shift && action.do === 'pan') return { do: 'pan', share: action.share * 5 };
  if (key.shift && action.do === 'scrub') return { do: 'scrub', share: action.share * 10 };
  return action;
}

function textAction(key: Key): Action | null {
  if (key.key === 'Enter') return { do: 'match', direction: key.shift ? -1 : 1 };
  return key.key === 'Escape' ? { do: 'escape' } : null;
}

/** What the help overlay lists. */
export const KEY_HELP: readonly (readonly [string, string])[] = [
  ['W  S', 'Zoom in, zoom out (also Ctrl + wheel, at the pointer)'],
  ['A  D', 'Pan earlier, later (also drag, wheel; Shift: faster)'],
  ['←  →', 'Move the playhead (Shift: faster)'],
  ['Space', 'Freeze the film, return to live'],
  ['.  ,', 'Next, previous call in the same process'],
  ['↑  ↓', 'Parent, first child of the selected call'],
  ['F', 'Bring the selected call into view; again: fill the view with it'],
  ['0', 'Show the whole recording'],
  ['O', 'Open the selected call in the editor'],
  ['/', 'Search names, arguments and results'],
  ['Enter', 'Next match (Shift: previous)'],
  [']  [', 'Next, previous finding'],
  ['Home  End', 'Start, end of the recording'],
  ['1 – 5', 'Details, State, Calls, Findings, Probes'],
  ['Esc', 'Close, clear the search, clear the selection'],
  ['?', 'This help'],
];
