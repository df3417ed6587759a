import assert from 'node:assert/strict';
import type { TraceEvent } from '../../src/tracer/event/event.ts';
import { ns } from '../../src/tracer/event/ids.ts';
import { Recording } from '../../src/tracer/store/recording.ts';
import { Film, MS } from './film.ts';
import { reads, type Show, Stage, seen } from './stage.ts';
import { until } from './until.ts';

const ORDERS = { file: '/app/src/orders.ts', line: 12, column: 0, function: 'placeOrder' };

describe('a live cinema', function () {
  this.timeout(60_000);
  let stage: Stage;
  let show: Show;
  let timer: NodeJS.Timeout | undefined;

  before(async () => {
    stage = await Stage.open();
  });
  afterEach(async () => {
    clearInterval(timer);
    const { problems } = show;
    await show.close();
    assert.deepEqual(problems, []);
  });
  after(() => stage?.close());

  const mode = (): Promise<string> => seen(show.page.locator('.mode'));
  const clock = async (): Promise<number> => Number.parseFloat(await seen(show.page.locator('.clock')));

  /** A recording that grows in real time: one call every 20 ms. */
  function record(): { recording: Recording; events: readonly TraceEvent[]; start(): void } {
    const film = new Film();
    const target = film.target('server.js');
    const probe = film.probe(target, 'placeOrder', ORDERS);
    for (let i = 0; i < 1_500; i++) film.call(probe, target, i * 20 * MS, (i * 20 + 9) * MS, { args: [i], result: i });
    const events = film.events();
    const recording = Recording.live(film.manifest({ state: 'recording' }));
    let next = 0;
    const start = (): void => {
      const began = performance.now();
      timer = setInterval(() => {
        const now = ns((performance.now() - began) * 1e6);
        let until = next;
        while (until < events.length && (events[until]?.t ?? 0) <= now) until++;
        show.trace.append(events.slice(next, until));
        next = until;
      }, 50);
    };
    return { recording, events, start };
  }

  it('says what it waits for, then follows; touching freezes the film while the recording goes on', async () => {
    const { recording, start } = record();
    show = await stage.show(recording, { live: true, calm: false });
    const { page } = show;
    await page.getByText('Waiting for the first call').waitFor();
    assert.equal(await mode(), 'LIVE');
    start();
    await until('the film runs', async () => (await clock()) > 0.5);
    await page.locator('.empty-note').waitFor({ state: 'hidden' });
    assert.ok(show.sent('playhead').at(-1)?.live);

    await page.locator('.timeline-canvas').click({ position: { x: 120, y: 150 } });
    await until('frozen', async () => (await mode()) === 'FROZEN');
    const stood = await clock();
    const calls = Number((await seen(page.locator('.count.calls .strong'))).replace(/\D/g, ''));
    await until(
      'the recording goes on',
      async () => Number((await seen(page.locator('.count.calls .strong'))).replace(/\D/g, '')) > calls + 5,
    );
    assert.equal(await clock(), stood, 'the film stands still');
    assert.equal(show.sent('playhead').at(-1)?.live, false);

    await page.getByRole('button', { name: 'Return to live' }).click();
    await until('live again', async () => (await mode()) === 'LIVE' && (await clock()) > stood);
    await page.locator('.timeline-canvas').focus();
    await page.keyboard.press(' ');
    await until('frozen by the space bar', async () => (await mode()) === 'FROZEN');
    await page.keyboard.press(' ');
    await until('live by the space bar', async () => (await mode()) === 'LIVE');
    await page.keyboard.press('s');
    assert.equal(await mode(), 'LIVE', 'zooming keeps following');
    await page.keyboard.press('a');
    await until('panning freezes', async () => (await mode()) === 'FROZEN');
    await page.keyboard.press(' ');

    await page.getByRole('button', { name: 'Stop recording' }).click();
    await until('stopped', async () => (await mode()) === 'STOPPED');
    clearInterval(timer);
    assert.equal(show.sent('stop').length, 1);
    await reads(page.locator('.notice'), /The recording has ended/);
    await until(
      'no way back to live',
      async () => (await page.getByRole('button', { name: 'Return to live' }).count()) === 0,
    );
  });

  it('asks for what is new within 100 ms of its arrival', async () => {
    const { recording, events } = record();
    show = await stage.show(recording, { live: true, calm: false });
    await show.page.getByText('Waiting for the first call').waitFor();
    const times: number[] = [];
    show.trace.append(events.slice(0, 1));
    for (const event of events.slice(1, 41)) {
      const before = show.sent('window').length;
      const since = performance.now();
      show.trace.append([event]);
      // The window is answered at once and drawn in the next frame: the request is the last step that can be late.
      while (show.sent('window').length === before && performance.now() - since < 2_000) {
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      times.push(performance.now() - since);
    }
    times.sort((a, b) => a - b);
    const median = times[times.length / 2] ?? Number.POSITIVE_INFINITY;
    assert.ok(median < 100, `${median.toFixed(0)} ms; all: ${times.map((t) => t.toFixed(0)).join(' ')}`);
  });

  it('explains an empty recording by its probes', async () => {
    const film = new Film();
    const target = film.target('server.js');
    film.probe(target, 'nothing', null, {
      status: 'failed',
      engine: 'none',
      kind: 'function',
      reason: 'No running script has a function of this name.',
    });
    show = await stage.show(film.recording({ state: 'recording' }), { live: true });
    await show.page.getByText('No probe matched').waitFor();
    await show.page.locator('.empty-note').getByText('No running script has a function of this name.').waitFor();
    await reads(show.page.locator('#tab-probes .badge'), /^1!$/);
  });
});
