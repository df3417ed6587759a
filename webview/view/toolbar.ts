import type { AppState } from '../model/app-state.ts';
import type { Controller } from '../model/controller.ts';
import { perform } from '../model/perform.ts';
import { visible } from '../model/text.ts';
import { formatCount, formatTime } from '../model/time.ts';
import { spanOf } from '../model/viewport.ts';
import { button, textField } from '../ui/toolkit.ts';
import { el, setText } from './dom.ts';

const MODES = {
  live: ['LIVE', 'The film follows the recording.'],
  frozen: ['FROZEN', 'The film stands still; the recording goes on.'],
  stopped: ['STOPPED', 'The recording has ended.'],
} as const;

/** State of the film, moving in it, searching it, and what it costs. */
export class Toolbar {
  readonly element: HTMLElement;
  readonly #mode = el('span', { class: 'mode', attributes: { role: 'status' } });
  readonly #playhead = el('span', { class: 'clock', title: 'The playhead: time since the recording began' });
  readonly #hits = el('span', { class: 'hits muted', attributes: { role: 'status' } });
  readonly #counts = {
    calls: count('calls', 'Calls, requests and queries recorded'),
    events: count('events', 'Events recorded'),
    dropped: count('dropped', 'Events lost because a buffer or a limit was full'),
    overhead: count('overhead', "Measured share of the processes' main threads spent on tracing"),
  };
  readonly #search;
  readonly #live;
  readonly #freeze;
  readonly #stop;

  constructor(cinema: Controller) {
    const act = (action: Parameters<typeof perform>[1]) => () => perform(cinema, action);
    this.#search = textField('Search names, arguments and results', 'Search  ( / )', (text) => cinema.setSearch(text));
    this.#live = button({
      label: 'Return to live',
      title: 'Follow the recording again (Space)',
      icon: 'live',
      wide: true,
      primary: true,
      onPress: () => cinema.follow(),
    });
    this.#freeze = button({
      label: 'Freeze',
      title: 'Freeze the film (Space)',
      icon: 'pause',
      onPress: () => cinema.freeze(),
    });
    this.#stop = button({
      label: 'Stop recording',
      title: 'Stop recording and take all probes out',
      icon: 'stop',
      onPress: () => cinema.stop(),
    });
    const zoomIn = button({
      label: 'Zoom in',
      title: 'Zoom in (W)',
      icon: 'zoomIn',
      onPress: act({ do: 'zoom', factor: 1 / 1.5 }),
    });
    const zoomOut = button({
      label: 'Zoom out',
      title: 'Zoom out (S)',
      icon: 'zoomOut',
      onPress: act({ do: 'zoom', factor: 1.5 }),
    });
    const fitAll = button({
      label: 'Show all',
      title: 'Show the whole recording (0)',
      icon: 'fit',
      onPress: act({ do: 'fitAll' }),
    });
    const previous = button({
      label: 'Previous match',
      title: 'Previous match (Shift+Enter)',
      icon: 'previous',
      onPress: act({ do: 'match', direction: -1 }),
    });
    const next = button({
      label: 'Next match',
      title: 'Next match (Enter)',
      icon: 'next',
      onPress: act({ do: 'match', direction: 1 }),
    });
    const help = button({ label: 'Keyboard help', title: 'Keys (?)', icon: 'help', onPress: act({ do: 'help' }) });
    this.#search.element.classList.add('search');
    const group = (name: string, ...children: Node[]): HTMLElement =>
      el('div', { class: 'group', attributes: { role: 'group', 'aria-label': name } }, children);
    this.element = el('header', { class: 'toolbar', attributes: { 'aria-label': 'Cinema controls' } }, [
      group('Film', this.#mode, this.#live.element, this.#freeze.element, this.#stop.element),
      this.#playhead,
      group('Zoom', zoomOut.element, zoomIn.element, fitAll.element),
      group('Search', this.#search.element, previous.element, next.element, help.element, this.#hits),
      el(
        'div',
        { class: 'counts' },
        Object.values(this.#counts).map((item) => item.element),
      ),
    ]);
  }

  focusSearch(): void {
    this.#search.focus();
  }

  render(state: AppState): void {
    const [word, meaning] = MODES[state.mode];
    setText(this.#mode, state.connected ? word : 'WAITING');
    this.#mode.className = `mode ${state.connected ? state.mode : 'waiting'}`;
    this.#mode.title = state.title === '' ? meaning : `${meaning} ${visible(state.title)}`;
    this.#live.setHidden(!state.connected || state.mode !== 'frozen');
    this.#freeze.setHidden(!state.connected || state.mode !== 'live');
    this.#stop.setHidden(!state.connected || state.mode === 'stopped');
    setText(this.#playhead, formatTime(state.playhead, state.mode === 'live' ? 1e8 : spanOf(state.view) / 500));
    if (this.#search.value() !== state.search.text) this.#search.setValue(state.search.text);
    setText(this.#hits, hitText(state));
    const { calls, events, dropped, overheadPercent } = state.status;
    this.#counts.calls.set(formatCount(calls));
    this.#counts.events.set(formatCount(events));
    this.#counts.dropped.set(formatCount(dropped));
    this.#counts.dropped.element.classList.toggle('warn', dropped > 0);
    this.#counts.overhead.set(
      overheadPercent === null ? '–' : `${overheadPercent.toFixed(overheadPercent < 10 ? 1 : 0)} %`,
    );
  }
}

function hitText({ search: { text, hit } }: AppState): string {
  if (text === '' || hit === null) return '';
  if (hit.total === 0) return 'no match';
  return hit.index < 0
    ? formatCount(hit.total)
    : `${(hit.index + 1).toLocaleString('en')} of ${hit.total.toLocaleString('en')}`;
}

function count(name: string, title: string): { element: HTMLElement; set(text: string): void } {
  const value = el('span', { class: 'strong', text: '–' });
  const element = el('span', { class: `count ${name}`, title }, [value, ` ${name}`]);
  return { element, set: (text) => setText(value, text) };
}
