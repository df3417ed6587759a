import { type CapturedValue, sameValue } from '../event/value.ts';
import type { Access, Basis } from './state-access.ts';

/** Whether two copies of values of this form tell if the values were equal. */
export function isComparable(value: CapturedValue): boolean {
  if (value === null || typeof value !== 'object') return true;
  return value.$ !== 'missing' && value.$ !== 'cut' && value.$ !== 'redacted' && value.$ !== 'opaque';
}

/** Whether nothing was lost although `by` did not see `lost`: one of them changed nothing, or both wanted the same. */
export function isHarmless(lost: Access, lostBasis: Basis, by: Access): boolean {
  if (changedNothing(lost) || changedNothing(by)) return !isCounting(lost, lostBasis, by);
  if (!isComparable(lost.value) || !isComparable(by.value) || !sameValue(lost.value, by.value)) return false;
  if (lost.place !== by.place) return false;
  return !isCounting(lost, lostBasis, by);
}

/** 3 -> 4 by both: the same value, yet one of the two steps is gone. Also inside an object (`{...slot, count: slot.count + 1}`). */
function isCounting(lost: Access, lostBasis: Basis, by: Access): boolean {
  if (lost.write === null || sameValue(lost.write.before, lost.value)) return false;
  return sameValue(lost.value, by.value) && numberChanged(lostBasis.access.value, lost.value, 0);
}

function changedNothing(access: Access): boolean {
  const { write } = access;
  if (write === null) return true;
  if (write.op === 'delete' && isAbsent(write.before)) return true;
  return isComparable(write.before) && sameValue(write.before, access.value);
}

function isAbsent(value: CapturedValue): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    (value.$ === 'undefined' || (value.$ === 'missing' && value.why === 'path'))
  );
}

function numberChanged(before: CapturedValue, after: CapturedValue, depth: number): boolean {
  if (typeof before === 'number' && typeof after === 'number') return before !== after;
  if (before === null || after === null || typeof before !== 'object' || typeof after !== 'object' || depth > 8)
    return false;
  if (before.$ === 'bigint' && after.$ === 'bigint') return before.v !== after.v;
  if (before.$ === 'object' && after.$ === 'object') {
    const old = new Map(before.entries);
    return after.entries.some(([key, value]) => {
      const was = old.get(key);
      return was !== undefined && numberChanged(was, value, depth + 1);
    });
  }
  if (before.$ === 'array' && after.$ === 'array' && before.items.length === after.items.length) {
    return after.items.some((value, i) => numberChanged(before.items[i] as CapturedValue, value, depth + 1));
  }
  return false;
}
