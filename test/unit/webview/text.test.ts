import assert from 'node:assert/strict';
import { contrast, mix, parseColour, pick, readable } from '../../../webview/model/colour.ts';
import { oneLine, plural, shortPlace, visible } from '../../../webview/model/text.ts';
import { formatCount, formatDuration, formatTime, ticks } from '../../../webview/model/time.ts';

describe('times', () => {
  it('writes durations with three digits and the right unit', () => {
    const cases: readonly (readonly [number, string])[] = [
      [0, '0 ns'],
      [999, '999 ns'],
      [1_500, '1.50 µs'],
      [999_960, '1.00 ms'],
      [12_345_678, '12.3 ms'],
      [-2e6, '-2.00 ms'],
      [3.21e9, '3.21 s'],
      [187e9, '3:07 min'],
      [3_725e9, '1:02:05 h'],
      [Number.NaN, '?'],
    ];
    for (const [ns, text] of cases) assert.equal(formatDuration(ns), text);
  });

  it('writes moments as precise as asked for', () => {
    assert.equal(formatTime(12_345_678_901, 1e9), '12 s');
    assert.equal(formatTime(12_345_678_901, 1e6), '12.346 s');
    assert.equal(formatTime(12_345_678_901, 1_000), '12.345\u202f679 s');
    assert.equal(formatTime(187.25e9, 1e7), '3:07.25');
  });

  it('puts ticks at round moments, apart, inside the view', () => {
    for (const span of [800, 5e5, 3e7, 2e9, 9e12]) {
      const view = { from: 1e9, to: 1e9 + span };
      const found = ticks(view, 900);
      assert.ok(found.length >= 2 && found.length <= 11, `${span}: ${found.length}`);
      assert.equal(new Set(found.map((tick) => tick.label)).size, found.length, 'labels differ');
      for (const tick of found) assert.ok(tick.t >= view.from && tick.t <= view.to);
    }
  });

  it('shortens counts', () => {
    assert.deepEqual([999, 1_234, 12_345, 999_999, 4_560_000].map(formatCount), [
      '999',
      '1.23k',
      '12.3k',
      '1000k',
      '4.56M',
    ]);
  });
});

describe('text', () => {
  it('makes everything unseen visible and leaves the rest', () => {
    assert.equal(visible('a\u202eb\u0000c\u2028d\ufeff\u200be'), 'a\\u202eb\\u0000c\\u2028d\\ufeff\\u200be');
    assert.equal(visible('\ud800'), '\\ud800');
    assert.equal(visible('🎬 Grüße\tمرحبا\n'), '🎬 Grüße\tمرحبا\n');
  });

  it('cuts before it does anything else', () => {
    const started = performance.now();
    assert.equal(oneLine('x'.repeat(5_000_000), 10), 'xxxxxxxxx…');
    assert.ok(performance.now() - started < 50);
    assert.equal(oneLine('a\n  b', 10), 'a b');
    assert.equal(shortPlace('C:\\app\\src\\a.ts', 3), 'a.ts:3');
    assert.equal(plural(1, 'call'), '1 call');
    assert.equal(plural(2_000, 'query', 'queries'), '2,000 queries');
  });
});

describe('colours', () => {
  it('reads the forms theme variables come in', () => {
    assert.deepEqual(parseColour('#abc'), { r: 170, g: 187, b: 204, a: 1 });
    assert.deepEqual(parseColour(' #11223380 '), { r: 17, g: 34, b: 51, a: 128 / 255 });
    assert.deepEqual(parseColour('rgba(1, 2, 3, 0.5)'), { r: 1, g: 2, b: 3, a: 0.5 });
    for (const bad of ['', 'red', '#12', 'rgb(1,2)', 'url(x)']) assert.equal(parseColour(bad), null);
  });

  it('chooses what is readable and keeps a name its colour', () => {
    const black = { r: 0, g: 0, b: 0, a: 1 };
    const white = { r: 255, g: 255, b: 255, a: 1 };
    assert.equal(Math.round(contrast(black, white)), 21);
    assert.equal(readable(mix(white, black, 0.9), black, white), black);
    assert.equal(pick('TaskManager.assignTask', 7), pick('TaskManager.assignTask', 7));
    assert.ok(new Set(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((name) => pick(name, 7))).size > 3);
  });
});
