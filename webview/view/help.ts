import type { AppState } from '../model/app-state.ts';
import type { Controller } from '../model/controller.ts';
import { KEY_HELP } from '../model/keymap.ts';
import { button } from '../ui/toolkit.ts';
import { el } from './dom.ts';

/** The keys, over everything; gives the focus back where it was. */
export class Help {
  readonly element: HTMLDialogElement;
  #before: HTMLElement | null = null;

  constructor(cinema: Controller) {
    const rows = KEY_HELP.map(([keys, meaning]) => {
      const caps = keys.split(/\s{2,}/).map((key) => el('kbd', { text: key }));
      return el('tr', {}, [el('th', { attributes: { scope: 'row' } }, caps), el('td', { text: meaning })]);
    });
    const close = button({ label: 'Close', title: 'Close (Esc)', wide: true, onPress: () => cinema.toggleHelp(false) });
    this.element = el('dialog', { class: 'help', attributes: { 'aria-labelledby': 'help-title' } }, [
      el('h2', { text: 'Keys', attributes: { id: 'help-title' } }),
      el('table', {}, [el('tbody', {}, rows)]),
      close.element,
    ]);
    this.element.addEventListener('close', () => cinema.toggleHelp(false));
  }

  render(state: AppState): void {
    if (state.help === this.element.open) return;
    if (state.help) {
      this.#before = document.activeElement instanceof HTMLElement ? document.activeElement : null;
      this.element.showModal();
    } else {
      this.element.close();
      this.#before?.focus();
    }
  }
}
