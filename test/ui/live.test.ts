import assert from 'node:assert/strict';
import { ns } from '../../src/tracer/event/ids.ts';
import { Recording } from '../../src/tracer/store/recording.ts';
import { Film, MS } from './film.ts';
import { type Show, Stage } from './stage.ts';
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

  const mode = (): Promise<string> => show.page.locator('.mode').innerText();
  const clock = async (): Promise<number> => Number.parseFloat(await show.page.locator('.clock').innerText());

  /** A recording that grows in real time: one call every 20 ms. */
  function record(): { recording: Recording; start(): void } {
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
        recording.append(events.slice(next, until));
        next = until;
        show.host.push();
      }, 50);
    };
    return { recording, start };
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
    const calls = Number((await page.locator('.count.calls .strong').innerText()).replace(/\D/g, ''));
    await until(
      'the recording goes on',
      async () => Number((await page.locator('.count.calls .strong').innerText()).replace(/\D/g, '')) > calls + 5,
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
    assert.match(await page.locator('.notice').innerText(), /Recording was stopped/);
    assert.equal(await page.getByRole('button', { name: 'Return to live' }).count(), 0);
  });

  it('shows a call within 100 ms of the host knowing it', async () => {
    const { recording, start } = record();
    show = await stage.show(recording, { live: true, calm: false });
    start();
    await until('the film runs', async () => (await clock()) > 0.8);
    // Each push of the host is answered by a request for the window that holds it: that is the way of an event to a pixel.
    const before = show.sent('window').length;
    const since = Date.now();
    await until('windows follow', () => show.sent('window').length >= before + 10, 5_000);
    assert.ok((Date.now() - since) / 10 < 100, `${(Date.now() - since) / 10} ms per window`);
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
    assert.equal(await show.page.locator('#tab-probes .badge').innerText(), '1!');
  });
});
