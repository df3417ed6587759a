/**
 * What a test inside the extension host may ask of the browser around VS Code: one POST per request, JSON both ways.
 * The answering side is `scripts/lib/test-bridge.mjs`.
 */

/** Where to look: the workbench itself, or the inside of a webview. */
export interface Place {
  readonly in: 'workbench' | 'webview';
  /** CSS selector that must exist inside the webview; tells several visible webviews apart. */
  readonly having?: string;
}

/** What to act on; the first visible match unless `nth` says otherwise. */
export type Target = (
  | { readonly selector: string }
  | { readonly text: string; readonly exact?: boolean }
  | { readonly role: string; readonly name?: string; readonly exact?: boolean }
  | { readonly label: string; readonly exact?: boolean }
) & { readonly nth?: number };

/** CSS pixels from the target's upper left corner. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** CSS pixels of the page's viewport. */
export interface Box extends Point {
  readonly width: number;
  readonly height: number;
}

export type Modifier = 'Alt' | 'Control' | 'Meta' | 'Shift';

export interface ClickOptions {
  readonly position?: Point;
  readonly button?: 'left' | 'right' | 'middle';
  readonly clickCount?: number;
  readonly modifiers?: readonly Modifier[];
}

export interface WheelOptions {
  readonly position?: Point;
  readonly deltaX?: number;
  readonly deltaY?: number;
  readonly modifiers?: readonly Modifier[];
}

/** An error seen in the browser's console; content security violations are among them. */
export interface PageProblem {
  readonly from: 'workbench' | 'webview';
  readonly text: string;
}

export type BridgeRequest =
  | { readonly action: 'screenshot'; readonly name: string; readonly place?: Place; readonly target?: Target }
  | { readonly action: 'press'; readonly key: string }
  | { readonly action: 'type'; readonly text: string }
  | { readonly action: 'runCommand'; readonly title: string }
  | { readonly action: 'setViewport'; readonly width: number; readonly height: number }
  | { readonly action: 'problems' }
  | ({ readonly action: 'click'; readonly place: Place; readonly target: Target } & ClickOptions)
  | { readonly action: 'hover'; readonly place: Place; readonly target: Target; readonly position?: Point }
  | {
      readonly action: 'drag';
      readonly place: Place;
      readonly target: Target;
      readonly from: Point;
      readonly to: Point;
    }
  | ({ readonly action: 'wheel'; readonly place: Place; readonly target: Target } & WheelOptions)
  | {
      readonly action: 'waitFor';
      readonly place: Place;
      readonly target: Target;
      readonly state?: 'visible' | 'hidden';
      readonly timeoutMs?: number;
    }
  | { readonly action: 'text'; readonly place: Place; readonly target?: Target }
  | { readonly action: 'count'; readonly place: Place; readonly target: Target }
  | { readonly action: 'box'; readonly place: Place; readonly target: Target }
  | { readonly action: 'evaluate'; readonly place: Place; readonly expression: string };

/** What each action answers with. */
export interface BridgeResults {
  /** path of the PNG */
  screenshot: string;
  press: null;
  type: null;
  runCommand: null;
  setViewport: null;
  problems: PageProblem[];
  click: null;
  hover: null;
  drag: null;
  wheel: null;
  waitFor: null;
  text: string;
  count: number;
  box: Box | null;
  evaluate: unknown;
}

export type BridgeResponse =
  | { readonly ok: true; readonly value: BridgeResults[keyof BridgeResults] }
  | { readonly ok: false; readonly error: string };
