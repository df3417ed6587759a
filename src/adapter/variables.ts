import type { DebugProtocol } from '@vscode/debugprotocol';
import { formatArgs, formatValue } from '../tracer/event/format.ts';
import type { CapturedValue } from '../tracer/event/value.ts';

/** A name and what stands behind it; `label` replaces the value's own text. */
export interface NamedValue {
  readonly name: string;
  readonly value: CapturedValue;
  readonly label?: string;
}

/** Characters of a value in one line of the Variables view. */
const LINE = 200;

/** References of the protocol: what can be opened while the playhead stands where it is. */
export class VariableTable {
  readonly #lists: (() => readonly NamedValue[])[] = [];

  /** Forgets all references; to be called whenever the playhead moves. */
  clear(): void {
    this.#lists.length = 0;
  }

  /** A reference to a list that is made when it is opened. */
  reference(list: () => readonly NamedValue[]): number {
    return this.#lists.push(list);
  }

  /** What a reference stands for; empty for one from before the last move. */
  variables(reference: number): DebugProtocol.Variable[] {
    const list = this.#lists[reference - 1]?.() ?? [];
    return list.map(({ name, value, label }) => {
      const parts = partsOf(value);
      return {
        name,
        value: label ?? formatValue(value, LINE),
        type: typeOf(value),
        variablesReference: parts.length === 0 ? 0 : this.reference(() => parts),
        presentationHint: { attributes: ['readOnly'] },
      };
    });
  }
}

/** A line that is no value but says something about one; set in guillemets like every such text. */
export function note(name: string, text: string): NamedValue {
  return { name, value: null, label: `‹${text}›` };
}

/** What can be seen when a captured value is opened. Elements that were left out get a line that says how many. */
function partsOf(value: CapturedValue): NamedValue[] {
  if (value === null || typeof value !== 'object') return [];
  switch (value.$) {
    case 'object': {
      const parts = value.entries.map(([name, part]) => ({ name, value: part }));
      return [...parts, ...left(value.entries.length, value.size)];
    }
    case 'array': {
      const parts = value.items.map((part, i) => ({ name: String(i), value: part }));
      return [...parts, ...left(value.items.length, value.length)];
    }
    case 'map': {
      const parts = value.entries.map(([key, part]) => ({ name: formatValue(key, 60), value: part }));
      return [...parts, ...left(value.entries.length, value.size)];
    }
    case 'set': {
      const parts = value.items.map((part, i) => ({ name: String(i), value: part }));
      return [...parts, ...left(value.items.length, value.size)];
    }
    case 'error': {
      const stack = value.stack === undefined ? [] : [{ name: 'stack', value: value.stack }];
      return [{ name: 'message', value: value.message }, ...stack];
    }
    default:
      return [];
  }
}

function left(shown: number, size: number | undefined): NamedValue[] {
  return size !== undefined && size > shown ? [note('…', `${size - shown} more, not captured`)] : [];
}

function typeOf(value: CapturedValue): string {
  if (value === null) return 'null';
  if (typeof value !== 'object') return typeof value;
  if ('class' in value && value.class !== undefined) return value.class;
  return value.$;
}

/** A call as one line: `assignTask(17, 3)`. */
export function callText(name: string, args: readonly CapturedValue[], max = LINE): string {
  return `${name}(${formatArgs(args, max)})`;
}
