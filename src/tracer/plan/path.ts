import { pathInvalid } from '../error/plan-errors.ts';
import { isAllowedKey } from './expression.ts';

/** A capture path after checking: `this.slots` is `{root: 'this', keys: ['slots']}`, `args[0].id` is `{root: 'args', keys: [0, 'id']}`. */
export interface ValuePath {
  readonly root: 'this' | 'args';
  readonly keys: readonly (string | number)[];
}

const MAX_PATH_LENGTH = 200;
const MAX_KEYS = 10;
const STEP = /\.([A-Za-z_$][\w$]*)|\[(\d{1,9})\]|\[(?:'([^'\\\r\n]*)'|"([^"\\\r\n]*)")\]/y;

/**
 * Parses a capture path: `this` or `args`, then property names, array indexes and quoted keys.
 * @throws NodeScopeError `plan.path` for anything else, private fields and `constructor`, `prototype`, `__proto__`.
 */
export function parsePath(text: string): ValuePath {
  const root = /^(this|args)(?![\w$])/.exec(text)?.[1] as 'this' | 'args' | undefined;
  if (root === undefined)
    throw pathInvalid(text, 'must begin with "this" or "args", as in "this.slots" or "args[0].id"');
  return { root, keys: parseKeys(text, root.length) };
}

/**
 * Parses the `path` of a watch, which is relative to the instance: `slots`, `state.count`; `this.slots` is the same as `slots`.
 * @throws NodeScopeError `plan.path` for anything that is not such a path.
 */
export function parseWatchPath(text: string): readonly (string | number)[] {
  const whole = /^this(?![\w$])/.test(text) ? text : `this.${text}`;
  const keys = parseKeys(whole, 'this'.length, text);
  if (keys.length === 0) throw pathInvalid(text, 'must name a property of the instance, as in "slots"');
  return keys;
}

function parseKeys(whole: string, from: number, shown = whole): (string | number)[] {
  if (whole.length > MAX_PATH_LENGTH) throw pathInvalid(shown, `is longer than ${MAX_PATH_LENGTH} characters`);
  if (whole.includes('#', from)) {
    throw pathInvalid(
      shown,
      'names a private field, which no code outside its class can read; capture "args" and "return" instead',
    );
  }
  const keys: (string | number)[] = [];
  STEP.lastIndex = from;
  while (STEP.lastIndex < whole.length) {
    const match = STEP.exec(whole);
    if (!match)
      throw pathInvalid(shown, 'may hold property names, [0] and ["key"] only, as in "this.slots" or "args[0].id"');
    const key = match[2] === undefined ? (match[1] ?? match[3] ?? match[4] ?? '') : Number(match[2]);
    if (typeof key === 'string' && !isAllowedKey(key))
      throw pathInvalid(shown, `reads ${key}, which a plan may not do`);
    keys.push(key);
    if (keys.length > MAX_KEYS) throw pathInvalid(shown, `has more than ${MAX_KEYS} steps`);
  }
  return keys;
}
