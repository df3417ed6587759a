import type { Tab } from '../messages.ts';
import type { AppState } from '../model/app-state.ts';
import type { Controller } from '../model/controller.ts';
import { actionFor, type Zone } from '../model/keymap.ts';
import { perform } from '../model/perform.ts';
import { oneLine } from '../model/text.ts';
import { formatDuration } from '../model/time.ts';
import { type TabsControl, tabs } from '../ui/toolkit.ts';
import { CallsTab } from './calls-tab.ts';
import { DetailsTab } from './details-tab.ts';
import { deepFocus, el, setText } from './dom.ts';
import { EmptyNote } from './empty-note.ts';
import { FindingsTab } from './findings-tab.ts';
import { Help } from './help.ts';
import { Overview } from './overview.ts';
import { ProbesTab } from './probes-tab.ts';
import { Splitter } from './splitter.ts';
import { StateTab } from './state-tab.ts';
import { readTheme, type Theme } from './theme.ts';
import { Timeline } from './timeline.ts';
import { Toolbar } from './toolbar.ts';
import { Tooltip } from './tooltip.ts';

/** Builds the page once and draws it whenever the controller's state has changed. */
export class Page {
  readonly #cinema: Controller;
  readonly #toolbar: Toolbar;
  readonly #overview: Overview;
  readonly #timeline: Timeline;
  readonly #empty = new EmptyNote();
  readonly #tooltip = new Tooltip();
  readonly #details: DetailsTab;
  readonly #states: StateTab;
  readonly #calls: CallsTab;
  readonly #findings: FindingsTab;
  readonly #probes: ProbesTab;
  readonly #help: Help;
  readonly #tabs: TabsControl<Tab>;
  readonly #notice = el('div', { class: 'notice', attributes: { role: 'status' } });
  readonly #said = el('div', { class: 'unseen', attributes: { 'aria-live': 'polite' } });
  readonly splitter: Splitter;
  #theme: Theme = readTheme();
  #tab: Tab | null = null;
  #revealed: number | null = null;
  #revealedIn: unknown = null;

  constructor(root: HTMLElement, cinema: Controller, split: number, onSplit: (share: number) => void) {
    this.#cinema = cinema;
    this.#toolbar = new Toolbar(cinema);
    this.#overview = new Overview(cinema);
    this.#timeline = new Timeline(cinema, this.#tooltip, this.#empty.element);
    this.#details = new DetailsTab(cinema);
    this.#states = new StateTab(cinema);
    this.#calls = new CallsTab(cinema);
    this.#findings = new FindingsTab(cinema);
    this.#probes = new ProbesTab(cinema);
    this.#help = new Help(cinema);
    this.#tabs = tabs<Tab>(
      [
        { id: 'details', label: 'Details', content: this.#details.element },
        { id: 'state', label: 'State', content: this.#states.element },
        { id: 'calls', label: 'Calls', content: this.#calls.element },
        { id: 'findings', label: 'Findings', content: this.#findings.element },
        { id: 'probes', label: 'Probes', content: this.#probes.element },
      ],
      (tab) => {
        if (tab !== cinema.state.tab) cinema.showTab(tab);
      },
    );
    const film = el('section', { class: 'film', attributes: { 'aria-label': 'Film' } }, [this.#timeline.element]);
    const side = el('section', { class: 'side', attributes: { 'aria-label': 'Inspector' } }, [this.#tabs.element]);
    const body = el('div', { class: 'body' });
    this.splitter = new Splitter(body, split, onSplit);
    body.append(film, this.splitter.element, side);
    root.append(
      this.#toolbar.element,
      this.#overview.element,
      this.#notice,
      body,
      this.#tooltip.element,
      this.#help.element,
      this.#said,
    );
    document.addEventListener('keydown', (event) => this.#key(event));
    new MutationObserver(() => this.#themeChanged()).observe(document.body, { attributes: true });
    new MutationObserver(() => this.#themeChanged()).observe(document.documentElement, { attributes: true });
  }

  widths(): { main: number; strip: number } {
    return { main: this.#timeline.width, strip: this.#overview.width };
  }

  render(state: AppState): void {
    this.#toolbar.render(state);
    this.#overview.render(state, this.#theme);
    this.#revealRow(state);
    this.#timeline.render(state, this.#theme);
    this.#empty.render(state, this.#cinema.edge());
    if (state.tab !== this.#tab) {
      this.#tab = state.tab;
      this.#tabs.show(state.tab);
    }
    this.#tabs.setBadge('findings', state.findings.length === 0 ? '' : String(state.findings.length));
    const troubled = state.probes.filter((probe) => probe.status === 'failed' || probe.status === 'limited').length;
    this.#tabs.setBadge('probes', troubled === 0 ? '' : `${troubled}!`);
    this.#details.render(state);
    this.#states.render(state);
    this.#calls.render(state);
    this.#findings.render(state);
    this.#probes.render(state);
    this.#help.render(state);
    setText(this.#notice, state.notice);
    this.#notice.hidden = state.notice === '';
    setText(this.#said, spoken(state));
  }

  /** The selected call's row scrolls into view once, when it is first known where it is. */
  #revealRow(state: AppState): void {
    if (state.selected === null || state.window === null) return;
    if (state.selected === this.#revealed || (state.window === this.#revealedIn && this.#revealed === null)) return;
    if (state.window.spans.call.indexOf(state.selected) < 0) return;
    this.#revealed = state.selected;
    this.#revealedIn = state.window;
    this.#timeline.reveal(state.selected);
  }

  #themeChanged(): void {
    this.#theme = readTheme();
    this.#cinema.redraw();
  }

  #key(event: KeyboardEvent): void {
    if (event.defaultPrevented) return;
    const key = { key: event.key, shift: event.shiftKey, ctrl: event.ctrlKey, alt: event.altKey, meta: event.metaKey };
    const action = actionFor(key, this.#zone());
    if (action === null) return;
    // While the help is open it is the only thing on the page.
    if (this.#cinema.state.help && action.do !== 'help' && action.do !== 'escape') return;
    event.preventDefault();
    if (action.do === 'search') this.#toolbar.focusSearch();
    else perform(this.#cinema, action);
    if (action.do === 'tab') document.getElementById(`tab-${action.tab}`)?.focus();
    if (action.do === 'escape' && this.#zone() === 'text') this.#timeline.canvas.focus();
  }

  #zone(): Zone {
    const focus = deepFocus();
    if (focus === null || focus === document.body || focus === this.#timeline.canvas) return 'timeline';
    if (focus instanceof HTMLInputElement || focus instanceof HTMLTextAreaElement) return 'text';
    return 'control';
  }
}

/** What a screen reader says when the selection changes. */
function spoken({ detail, selected }: AppState): string {
  if (selected === null || detail === null) return '';
  const { span, duration } = detail;
  const length = duration === null ? 'still running' : formatDuration(duration);
  return `${oneLine(span.name, 120)}, ${length}${span.failed ? ', failed' : ''}`;
}
