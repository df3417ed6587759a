import assert from 'node:assert/strict';
import { Stage, seen } from './stage.ts';
import { denseFilm } from './taskflow-film.ts';
import { until } from './until.ts';

const SPANS = 100_000;

describe('a dense recording', function () {
  this.timeout(120_000);

  it(`pans and zooms through ${SPANS} spans without errors, without waiting for the host`, async () => {
    const recording = denseFilm(SPANS, 60).recording();
    assert.equal(recording.spanCount, SPANS);
    const stage = await Stage.open();
    try {
      const show = await stage.show(recording, { calm: false });
      const { page } = show;
      await page.locator('.count.calls .strong').filter({ hasText: '100k' }).waitFor();
      await until('the first window', () => show.sent('window').length >= 2);
      await page.locator('.timeline-canvas').focus();
      const frames: number[] = [];
      for (const [key, steps] of [
        ['w', 12],
        ['d', 30],
        ['a', 20],
        ['w', 6],
        ['d', 40],
        ['s', 10],
      ] as const) {
        frames.push(...(await page.evaluate<number[]>(`framesWhile(${JSON.stringify(key)}, ${steps})`)));
      }
      frames.sort((a, b) => a - b);
      const p95 = frames[Math.floor(frames.length * 0.95)] ?? Number.POSITIVE_INFINITY;
      // A software-rendered browser on a shared machine: the bound is against hanging, the benchmark measures.
      assert.ok(p95 < 250, `95 % of ${frames.length} frames within ${p95.toFixed(0)} ms`);
      await page.keyboard.press('.');
      await until('a call', () => typeof show.sent('select').at(-1)?.call === 'number');
      await page.keyboard.press('3');
      await until('the list is virtual', async () => {
        const rows = await page.locator('.calls-body .calls-row').count();
        return rows > 3 && rows < 80;
      });
      await page.locator('.timeline-canvas').focus();
      await page.keyboard.press('0');
      await page.keyboard.press('End');
      await until(
        'the end',
        async () =>
          (await seen(page.locator('.clock'))).startsWith('59.9') ||
          (await seen(page.locator('.clock'))).startsWith('1:00'),
      );
      assert.deepEqual(show.problems, []);
    } finally {
      await stage.close();
    }
  });
});
