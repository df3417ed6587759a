import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import type { Recording } from '../../src/tracer/store/recording.ts';
import { reads, type Show, Stage, seen } from './stage.ts';
import { HOSTILE, type TaskFlowFilm, taskFlowFilm } from './taskflow-film.ts';
import { until } from './until.ts';
import { highContrast } from './vscode-theme.ts';

describe('cinema in a browser', function () {
  this.timeout(60_000);
  let stage: Stage;
  let film: TaskFlowFilm;
  let recording: Recording;
  let show: Show;
  let page: Page;

  before(async () => {
    stage = await Stage.open();
    film = taskFlowFilm();
    recording = film.recording();
  });
  beforeEach(async () => {
    show = await stage.show(recording);
    page = show.page;
    await page.locator('.count.calls .strong').filter({ hasText: '342' }).waitFor();
    await page.locator('.timeline-canvas').focus();
  });
  afterEach(async () => {
    const { problems } = show;
    await show.close();
    assert.deepEqual(problems, [], 'exceptions, console errors or policy violations');
  });
  after(() => stage?.close());

  const selected = (): number | null | undefined => show.sent('select').at(-1)?.call;
  const text = (selector: string): Promise<string> => seen(page.locator(selector));
  const tab = (name: string): Promise<void> => page.locator(`#tab-${name}`).click();

  /** Zooms onto a call by name: searches it and waits for its details. */
  async function find(name: string): Promise<void> {
    await page.keyboard.press('/');
    await page.keyboard.type(name);
    await page.keyboard.press('Enter');
    await until(`details of ${name}`, async () => (await text('.details')).includes(name));
  }

  it('opens at the first finding and says what the recording holds', async () => {
    await reads(page.locator('.mode'), /^STOPPED$/);
    await reads(page.locator('.counts'), /342 calls.*777 events.*412 dropped.*1\.3 % overhead/s);
    await reads(
      page.locator('.findings'),
      /TaskManager\.assignTask overwrites.*GET \/projects\/:id queries each task/s,
    );
    await reads(page.locator('#tab-findings .badge'), /^2$/);
  });

  it('selects a clicked call, shows arguments, result and parents, and asks the host to show its line', async () => {
    await find('assign');
    await page.keyboard.press('Escape');
    await page.locator('.timeline-canvas').focus();
    const target = recording.span(film.lost.call);
    assert.ok(target !== null);
    await until('the call in view', async () => {
      await page.keyboard.press('f');
      return show.sent('window').length > 2;
    });
    await tab('findings');
    await page.getByRole('button', { name: /assignTask overwrites an/ }).click();
    await until('the lost call', () => selected() === film.lost.call);
    await tab('details');
    const details = await until('details', async () => {
      const shown = await text('.details');
      return shown.includes('TaskManager.assignTask') ? shown : null;
    });
    assert.match(details, /fulfilled/i);
    assert.match(details, /17\.0 ms/);
    assert.match(details, /POST \/tasks\/12\/assign/);
    assert.match(details, /0: 12\s+1: 7/);
    assert.match(details, /title: 'Write the report'/);
    assert.match(details, /‹redacted: token›/);
    assert.match(details, /‹not captured: a getter, not run›/);
    assert.match(details, /\[12\]\s+null\s+→\s+7/, 'difference of the state around the call');
    await page.getByRole('button', { name: 'task-manager.ts:41' }).click();
    await until('the line is opened', () => show.opened.at(-1) === 41);
    await page
      .locator('.children')
      .getByRole('button', { name: /select \* from tasks/ })
      .click();
    await until('the query is selected', async () =>
      (await text('.details')).includes('Statement (postgresql)'.toUpperCase()),
    );
    await reads(page.locator('.details'), /1 row/);
  });

  it('selects what the pointer is on, and a drag pans instead', async () => {
    await tab('findings');
    await page.getByRole('button', { name: /assignTask overwrites an/ }).click();
    await until('the evidence is in view', async () => (await seen(page.locator('.clock'))).startsWith('0.904'));
    const box = await page.locator('.timeline-canvas').boundingBox();
    assert.ok(box !== null);
    // The stretch of the finding is shown with half of it as air on both sides: 0.892 s .. 0.940 s, and a tenth more.
    const at = (t: number): number => box.x + ((t - 0.8872) / 0.0576) * box.width;
    await page.mouse.click(at(0.915), box.y + 148);
    await until('the box under the pointer answers', () => selected() === film.by.call);
    await page.mouse.move(at(0.915), box.y + 140);
    await page.locator('.tooltip').waitFor();
    await reads(page.locator('.tooltip'), /ms/);
    const before = show.sent('select').length;
    const windows = show.sent('window').length;
    await page.mouse.move(at(0.9), box.y + 300);
    await page.mouse.down();
    await page.mouse.move(at(0.9) + 500, box.y + 300, { steps: 6 });
    await page.mouse.move(at(0.9) + 800, box.y + 300, { steps: 6 });
    await page.mouse.up();
    await until('the next window is asked for', () => show.sent('window').length > windows);
    assert.equal(show.sent('select').length, before, 'a drag selects nothing');
  });

  it('drags the playhead, which snaps to the selected call, and tells the host', async () => {
    await tab('findings');
    await page.getByRole('button', { name: /assignTask overwrites an/ }).click();
    await until('the playhead', () => show.sent('playhead').at(-1)?.t === 904e6);
    const box = await page.locator('.timeline-canvas').boundingBox();
    assert.ok(box !== null);
    const at = (t: number): number => box.x + ((t - 0.8872) / 0.0576) * box.width;
    await page.mouse.move(at(0.93), box.y + 18);
    await page.mouse.down();
    await page.mouse.move(at(0.92105), box.y + 18, { steps: 4 });
    await page.mouse.up();
    await until('it snapped to the end of the call', () => show.sent('playhead').at(-1)?.t === 921e6);
    await tab('state');
    await until('state there', async () => /this\.slots/.test(await text('.states')));
    await until('the state of that moment', () => show.sent('state').at(-1)?.t === 921e6);
  });

  it('shows the state at the playhead, who changed it and what it was before', async () => {
    await tab('findings');
    await page.getByRole('button', { name: 'TaskManager.assignTask overwrites it' }).click();
    await until('the second write', () => show.sent('playhead').at(-1)?.t === 928e6);
    await tab('state');
    const shown = await until('the slot', async () => {
      const all = await text('.states');
      return /this\.slots\[12\]/.test(all) ? all : null;
    });
    assert.match(shown, /last change/i);
    const card = page.locator('.states .card', { hasText: 'this.slots[12]' });
    await reads(card, /\b8\b/);
    await reads(card.locator('del'), /^7$/);
    await reads(card.locator('ins'), /^8$/);
    await card.getByRole('button', { name: 'TaskManager.assignTask' }).click();
    await until('the call that did it', () => selected() === film.by.call);
  });

  it('jumps from a finding to its evidence and lists probes with their reasons', async () => {
    await page.keyboard.press('[');
    await until('the last finding', () => selected() === film.lost.call);
    await tab('findings');
    await page.getByRole('button', { name: 'TaskManager.assignTask reads the same' }).click();
    await until('the other call', () => selected() === film.by.call);
    await reads(page.locator('.interleaving'), /reads null.*writes 7.*writes 8/s);
    await page.getByRole('button', { name: 'project-repository.ts:38' }).click();
    await until('its line', () => show.sent('openFinding').at(-1)?.id === 'n-plus-one:tasks');
    await tab('probes');
    await page.locator('.probes').getByText('Private methods cannot be rebound').waitFor();
    await reads(page.locator('.probes'), /ReportGenerator\.annual.*waiting/is);
  });

  it('keeps hostile strings what they are: text', async () => {
    await find('NotificationService.send');
    for (let i = 0; i < 6 && selected() !== film.hostile.call; i++) {
      const before = show.sent('select').length;
      await page.keyboard.press('Enter');
      await until('the next match', () => show.sent('select').length > before);
    }
    assert.equal(selected(), film.hostile.call);
    await page.locator('.details summary').first().waitFor();
    const details = page.locator('.details');
    assert.equal(await details.locator('img, script, iframe').count(), 0);
    assert.notEqual(await page.title(), 'pwned');
    const shown = await seen(details);
    assert.ok(shown.includes('<img src=x onerror='), 'markup is shown as it is');
    assert.ok(shown.includes('admin\\u202egnp.exe'), 'what reorders text is written out');
    assert.ok(![...'\u202e\u2028\u0000\u001b'].some((c) => shown.includes(c)), 'nothing unseen reaches the page');
    // The megabyte: opened, it comes in pieces.
    const huge = details.locator('.tree', { hasText: /^4: / });
    await huge.locator('summary').click();
    await huge.locator('pre').waitFor();
    assert.equal((await seen(huge.locator('pre'))).length, 10_000);
    await huge.getByRole('button', { name: /more characters/ }).click();
    await until('the next piece', async () => (await huge.locator('pre').count()) === 2);
    assert.match(shown, /'begins well'‹cut, 2000000 characters›/);
    // As the name of a span it reaches timeline, tooltip, list and live region.
    await page.locator('.timeline-canvas').focus();
    await page.keyboard.press('0');
    await find(HOSTILE[0]?.slice(0, 8) ?? '');
    assert.notEqual(await page.title(), 'pwned');
  });

  it('lists the calls in view for keyboards and screen readers', async () => {
    await page.keyboard.press(']');
    await page.keyboard.press('3');
    const grid = page.getByRole('treegrid', { name: 'Calls in view' });
    await until('rows', async () => Number(await grid.getAttribute('aria-rowcount')) > 5);
    await grid.focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    const row = grid.locator('[aria-selected="true"]');
    await row.waitFor();
    const name = await seen(row.locator('.call-name'));
    await until('selected', async () => typeof selected() === 'number');
    assert.equal(recording.span(selected() ?? 0)?.name, name);
    await page.keyboard.press('1');
    await until('its details', async () => (await text('.details')).includes(name));
    await page.keyboard.press('3');
    await page.getByRole('combobox', { name: 'Show' }).press('End');
    await page.getByText('No calls in view').waitFor();
    await page.locator('.timeline-canvas').focus();
    await page.keyboard.press('0');
    await until('only the failed ones', async () =>
      /POST \/tasks\/99\/assign.*TaskManager\.assignTask/s.test(await seen(grid)),
    );
    assert.equal(await grid.locator('.call-name').count(), await grid.locator('.chip.bad').count());
  });

  it('searches names, arguments and results, forth and back', async () => {
    await page.keyboard.press('/');
    await page.keyboard.type('No task 99');
    await page.keyboard.press('Enter');
    await until('found by its error', () => selected() === film.failed.call);
    await reads(page.locator('.hits'), /1 of 1/);
    await page.locator('.details .chip.bad').waitFor();
    await reads(page.locator('.details'), /rejected.*NotFoundError: No task 99/is);
    await page.keyboard.press('Escape');
    await page.keyboard.press('/');
    await page.keyboard.type('TaskManager.assignTask');
    await page.keyboard.press('Enter');
    await until('a match', async () => /1 of [2-9]|[2-9] of [2-9]/.test(await text('.hits')));
    const first = selected();
    await page.keyboard.press('Enter');
    await until('the next', () => selected() !== first);
    await page.keyboard.press('Shift+Enter');
    await until('and back', () => selected() === first);
    await page.keyboard.press('Escape');
    await page.keyboard.press('/');
    await page.keyboard.type('no such thing');
    await page.keyboard.press('Enter');
    await until('it says so', async () => (await text('.notice')).includes('Nothing in this recording matches'));
  });

  it('does everything by keys alone', async () => {
    const clock = (): Promise<string> => seen(page.locator('.clock'));
    await page.keyboard.press('End');
    await until('the end', async () => (await clock()).startsWith('1.96'));
    await page.keyboard.press('Home');
    await until('the start', async () => (await clock()).startsWith('0.0'));
    const windows = show.sent('window').length;
    for (const key of ['w', 'w', 'w', 'w', 'd', 'd', 'a', 's']) await page.keyboard.press(key);
    await until('other windows', () => show.sent('window').length > windows);
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('.');
    await until('a call', () => typeof selected() === 'number');
    const first = selected();
    await until('its detail', async () => (await text('.details')).length > 40);
    await page.keyboard.press('.');
    await until('the next', () => selected() !== first);
    await page.keyboard.press(',');
    await until('the previous', () => selected() === first);
    await page.keyboard.press('1');
    await page.locator('.timeline-canvas').focus();
    await until('detail of it', async () => (await text('.details')).includes(`${first}`));
    await page.keyboard.press('ArrowDown');
    await until('its child', () => selected() !== first);
    const child = selected();
    await until('detail of the child', async () => (await text('.details')).includes(`${child}`));
    await page.keyboard.press('ArrowUp');
    await until('its parent', () => recording.span(child ?? 0)?.parent === selected());
    await page.keyboard.press('f');
    await page.keyboard.press('f');
    await page.keyboard.press('o');
    await page.keyboard.press('?');
    await page.locator('dialog[open]').waitFor();
    await page.keyboard.press('Escape');
    await until('help closes', async () => (await page.locator('dialog[open]').count()) === 0);
    await page.keyboard.press('Escape');
    await until('nothing selected', () => selected() === null);
    const visited = new Set<string>();
    for (let i = 0; i < 60; i++) {
      await page.keyboard.press('Tab');
      visited.add(await page.evaluate<string>('focusName()'));
    }
    for (const name of [
      'Zoom in',
      'Zoom out',
      'Show all',
      'Search names',
      'Next match',
      'Previous match',
      'Keyboard help',
      'Timeline',
      'Size of the timeline',
      'Details',
    ]) {
      assert.ok(
        [...visited].some((seen) => seen.includes(name)),
        `${name} is reachable by Tab; reached: ${[...visited].join(' | ')}`,
      );
    }
    await page.getByRole('separator').press('ArrowUp');
    await page.locator('[role=separator][aria-valuenow="49"]').waitFor();
  });

  it('keeps viewport, playhead, selection and tab when the webview is reloaded', async () => {
    await tab('findings');
    await page.getByRole('button', { name: 'TaskManager.assignTask overwrites it' }).click();
    await until('selected', () => selected() === film.by.call);
    await tab('state');
    await page.getByRole('separator').press('ArrowDown');
    await until('kept', async () => {
      const state = await page.evaluate<string>('sessionStorage.getItem("vscode-state")');
      return state.includes('"tab":"state"') && state.includes('"playhead":928000000') && state.includes('"split":55');
    });
    const kept = await page.evaluate<string>('sessionStorage.getItem("vscode-state")');
    const before = show.received.length;
    await page.reload();
    await until('all is asked for again', () =>
      show.received.slice(before).some((m) => m.kind === 'select' && m.call === film.by.call),
    );
    await until('the same state', async () => /this\.slots\[12\]/.test(await text('.states')));
    await until('a window', () => show.received.slice(before).some((m) => m.kind === 'window'));
    await page.getByRole('separator').press('ArrowUp');
    const wanted = kept.replace('"split":55', '"split":52');
    await until(
      'it is the same',
      async () => (await page.evaluate('sessionStorage.getItem("vscode-state")')) === wanted,
    );
    await page.getByRole('separator').press('ArrowDown');
    await page.locator('[role=separator][aria-valuenow="55"]').waitFor();
  });

  it('refuses messages that are none, and says so', async () => {
    await page.evaluate(
      `fromHost(${JSON.stringify(JSON.stringify({ kind: 'window', requestId: 1, window: { spans: {} } }))})`,
    );
    await until('the notice', async () => (await text('.notice')).includes('does not understand'));
    await reads(page.locator('.mode'), /^STOPPED$/);
  });

  it('follows what the host asks it to show', async () => {
    show.host.focus({ call: film.failed.call, t: 1_121e6, tab: 'details' });
    await until('the call', async () => (await text('.details')).includes('No task 99'));
    show.host.focus({ finding: 'n-plus-one:tasks' });
    await until('the finding', async () => (await seen(page.locator('.finding.latest'))).includes('GET /projects/:id'));
  });

  it('changes with the theme while open', async () => {
    await show.setTheme(highContrast);
    await until('the canvas is black', async () => {
      const shot = await page.evaluate<number[]>('pixel(3, -20)');
      return shot[0] === 0 && shot[1] === 0 && shot[2] === 0;
    });
  });
});
