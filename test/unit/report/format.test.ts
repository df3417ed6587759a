import assert from 'node:assert/strict';
import { formatArgs, formatValue } from '../../../src/tracer/event/format.ts';
import type { CapturedValue } from '../../../src/tracer/event/value.ts';

describe('text of a captured value', () => {
  const cases: readonly (readonly [CapturedValue, string])[] = [
    [null, 'null'],
    [-1.5, '-1.5'],
    ['a\'b"\n\u001b[0m\u2028\\', `'a\\'b"\\n\\x1b[0m\\u2028\\\\'`],
    [{ $: 'undefined' }, 'undefined'],
    [{ $: 'number', v: '-0' }, '-0'],
    [{ $: 'bigint', v: '12' }, '12n'],
    [{ $: 'string', v: 'abc', length: 900 }, "'abc'‹cut, 900 characters›"],
    [
      {
        $: 'object',
        class: 'Slot',
        entries: [
          ['id', 1],
          ['a b', { $: 'cut', why: 'depth' }],
        ],
        size: 4,
      },
      "Slot {id: 1, 'a b': ‹cut: too deep›, … 2 more}",
    ],
    [{ $: 'array', items: [1, { $: 'array', items: [] }], length: 3 }, '[1, [], … 1 more]'],
    [{ $: 'map', entries: [['k', { $: 'set', items: [1] }]] }, "Map {'k' => Set {1}}"],
    [{ $: 'error', name: 'TypeError', message: 'x\ny' }, 'TypeError: x\\ny'],
    [{ $: 'function', name: '' }, 'ƒ (anonymous)'],
    [{ $: 'bytes', class: 'Buffer', length: 4, v: '00ff' }, 'Buffer(4) 00ff…'],
    [{ $: 'cycle', up: 1 }, '‹cycle: the object above›'],
    [{ $: 'redacted', why: 'password' }, '‹redacted: password›'],
    [{ $: 'missing', why: 'getter' }, '‹not captured: a getter, not run›'],
  ];
  for (const [value, wanted] of cases) it(wanted, () => assert.equal(formatValue(value, 200), wanted));

  it('is as long as asked for, and takes huge and deep values at once', () => {
    const deep = Array.from({ length: 50_000 }).reduce<CapturedValue>((inner) => ({ $: 'array', items: [inner] }), 1);
    const wide: CapturedValue = { $: 'array', items: Array.from({ length: 1_000_000 }, (_, i) => i) };
    const start = performance.now();
    for (const value of ['x'.repeat(5_000_000), deep, wide]) {
      for (const max of [1, 10, 80]) assert.ok(formatValue(value, max).length <= max);
    }
    assert.ok(performance.now() - start < 500);
    assert.equal(formatValue('abcdef', 5), "'abc…");
    assert.equal(formatValue('ab🚀🚀', 5), "'ab…");
    assert.equal(formatArgs([1, 'a', null], 20), "1, 'a', null");
  });
});
