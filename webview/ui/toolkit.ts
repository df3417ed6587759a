import {
  type Button,
  type DataGrid,
  type Dropdown,
  type Panels,
  provideVSCodeDesignSystem,
  type TextField,
  vsCodeButton,
  vsCodeDataGrid,
  vsCodeDataGridCell,
  vsCodeDataGridRow,
  vsCodeDropdown,
  vsCodeOption,
  vsCodePanels,
  vsCodePanelTab,
  vsCodePanelView,
  vsCodeProgressRing,
  vsCodeTextField,
} from '@vscode/webview-ui-toolkit';
import { type IconName, icon } from './icons.ts';

/**
 * The one place that knows the control library. Everything else asks for controls here and sees only the interfaces below, so that
 * a successor of the (unmaintained) toolkit is a change of this file.
 */

export function registerControls(): void {
  provideVSCodeDesignSystem().register(
    vsCodeButton(),
    vsCodeDataGrid(),
    vsCodeDataGridCell(),
    vsCodeDataGridRow(),
    vsCodeDropdown(),
    vsCodeOption(),
    vsCodePanels(),
    vsCodePanelTab(),
    vsCodePanelView(),
    vsCodeProgressRing(),
    vsCodeTextField(),
  );
}

export interface ButtonControl {
  readonly element: HTMLElement;
  setDisabled(disabled: boolean): void;
  setHidden(hidden: boolean): void;
}

interface ButtonOptions {
  /** What it does; the accessible name. */
  readonly label: string;
  /** Shown on hover, with the key. */
  readonly title: string;
  readonly icon?: IconName;
  /** The label is written on the button too. */
  readonly wide?: boolean;
  readonly primary?: boolean;
  readonly onPress: () => void;
}

export function button(options: ButtonOptions): ButtonControl {
  const element = document.createElement('vscode-button') as Button;
  element.setAttribute(
    'appearance',
    options.primary === true ? 'primary' : options.wide === true ? 'secondary' : 'icon',
  );
  element.ariaLabel = options.label;
  element.title = options.title;
  if (options.icon !== undefined) {
    const drawing = icon(options.icon);
    if (options.wide === true) drawing.setAttribute('slot', 'start');
    element.append(drawing);
  }
  if (options.wide === true) element.append(options.label);
  element.addEventListener('click', () => options.onPress());
  return {
    element,
    setDisabled: (disabled) => {
      element.disabled = disabled;
    },
    setHidden: (hidden) => {
      element.hidden = hidden;
    },
  };
}

export interface FieldControl {
  readonly element: HTMLElement;
  value(): string;
  setValue(text: string): void;
  /** Focuses it and selects what it holds. */
  focus(): void;
}

export function textField(label: string, placeholder: string, onInput: (text: string) => void): FieldControl {
  const element = document.createElement('vscode-text-field') as TextField;
  element.placeholder = placeholder;
  // The toolkit names every field without visible text "Text field" when it is put into the page; the name is set after that.
  queueMicrotask(() => element.setAttribute('aria-label', label));
  element.maxlength = 1_000;
  element.addEventListener('input', () => onInput(element.value));
  return {
    element,
    value: () => element.value,
    setValue: (text) => {
      element.value = text;
    },
    focus: () => {
      element.focus();
      element.shadowRoot?.querySelector('input')?.select();
    },
  };
}

interface BadgeControl {
  readonly element: HTMLElement;
  set(text: string): void;
}

/** Not the toolkit's: its badge sets a style attribute, which the policy of the page refuses. */
function badge(text: string): BadgeControl {
  const element = document.createElement('span');
  element.className = 'badge';
  element.textContent = text;
  return {
    element,
    set: (next) => {
      if (element.textContent !== next) element.textContent = next;
    },
  };
}

export function progressRing(label: string): HTMLElement {
  const element = document.createElement('vscode-progress-ring');
  element.setAttribute('aria-label', label);
  return element;
}

export interface Choice<T extends string> {
  readonly value: T;
  readonly label: string;
}

export interface DropdownControl<T extends string> {
  readonly element: HTMLElement;
  value(): T;
}

export function dropdown<T extends string>(
  label: string,
  choices: readonly [Choice<T>, ...Choice<T>[]],
  onChange: (value: T) => void,
): DropdownControl<T> {
  const element = document.createElement('vscode-dropdown') as Dropdown;
  element.setAttribute('aria-label', label);
  for (const choice of choices) {
    const option = document.createElement('vscode-option');
    option.setAttribute('value', choice.value);
    option.textContent = choice.label;
    element.append(option);
  }
  const current = (): T => (choices.find((choice) => choice.value === element.value) ?? choices[0]).value;
  element.addEventListener('change', () => onChange(current()));
  return { element, value: current };
}

export interface TabSpec<T extends string> {
  readonly id: T;
  readonly label: string;
  readonly content: HTMLElement;
}

export interface TabsControl<T extends string> {
  readonly element: HTMLElement;
  show(id: T): void;
  /** A small count beside the label; an empty text takes it away. */
  setBadge(id: T, text: string): void;
}

export function tabs<T extends string>(specs: readonly TabSpec<T>[], onShow: (id: T) => void): TabsControl<T> {
  const element = document.createElement('vscode-panels') as Panels;
  // The style sheet underlines the chosen tab: the toolkit's moving line stays behind when motion is reduced.
  element.activeindicator = false;
  const badges = new Map<string, BadgeControl>();
  for (const spec of specs) {
    const tab = document.createElement('vscode-panel-tab');
    tab.id = `tab-${spec.id}`;
    tab.textContent = spec.label;
    const count = badge('');
    count.element.hidden = true;
    tab.append(' ', count.element);
    badges.set(spec.id, count);
    element.append(tab);
    // The toolkit freezes the first text as the name; without that the name is what is written, count included.
    queueMicrotask(() => tab.removeAttribute('aria-label'));
  }
  for (const spec of specs) {
    const view = document.createElement('vscode-panel-view');
    view.id = `view-${spec.id}`;
    view.append(spec.content);
    element.append(view);
  }
  let current: T | null = null;
  // The event also comes, late, for what was shown by program: only a change away from that is the user's.
  element.addEventListener('change', () => {
    const shown = specs.find((spec) => `tab-${spec.id}` === element.activeid);
    if (shown === undefined || shown.id === current) return;
    current = shown.id;
    onShow(shown.id);
  });
  return {
    element,
    show: (id) => {
      current = id;
      element.activeid = `tab-${id}`;
    },
    setBadge: (id, text) => {
      const count = badges.get(id);
      if (count === undefined) return;
      count.set(text);
      count.element.hidden = text === '';
    },
  };
}

export interface GridControl {
  readonly element: HTMLElement;
  /** Replaces all rows; each row has one node per column. */
  setRows(rows: readonly (readonly Node[])[]): void;
}

/** A table with arrow-key navigation from cell to cell. `widths` is a CSS `grid-template-columns`. */
export function dataGrid(label: string, columns: readonly string[], widths: string): GridControl {
  const element = document.createElement('vscode-data-grid') as DataGrid;
  element.setAttribute('generate-header', 'none');
  element.setAttribute('grid-template-columns', widths);
  element.setAttribute('aria-label', label);
  const header = gridRow(
    columns.map((column) => document.createTextNode(column)),
    'columnheader',
  );
  header.setAttribute('row-type', 'header');
  element.append(header);
  return {
    element,
    setRows: (rows) => element.replaceChildren(header, ...rows.map((row) => gridRow(row, 'default'))),
  };
}

function gridRow(nodes: readonly Node[], type: 'columnheader' | 'default'): HTMLElement {
  const row = document.createElement('vscode-data-grid-row');
  nodes.forEach((node, i) => {
    const cell = document.createElement('vscode-data-grid-cell');
    cell.setAttribute('grid-column', String(i + 1));
    if (type === 'columnheader') cell.setAttribute('cell-type', type);
    cell.append(node);
    row.append(cell);
  });
  return row;
}
