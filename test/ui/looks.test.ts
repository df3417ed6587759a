import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import axe from 'axe-core';
import { type Show, Stage } from './stage.ts';
import { taskFlowFilm } from './taskflow-film.ts';
import { until } from './until.ts';
import { darkModern, highContrast, lightModern, type VsCodeTheme } from './vscode-theme.ts';

const IMAGES = 'docs/images';

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

const THEMES: readonly (readonly [string, VsCodeTheme])[] = [
  ['dark', darkModern],
  ['light', lightModern],
  ['high-contrast', highContrast],
];
const TABS = ['details', 'state', 'calls', 'findings', 'probes'] as const;

describe('how the cinema looks', function () {
  this.timeout(90_000);
  let stage: Stage;
  const film = taskFlowFilm();
  const recording = film.recording();

  before(async () => {
    await mkdir(IMAGES, { recursive: true });
    stage = await Stage.open();
  });
  after(() => stage?.close());

  /** The lost update in view, its second write at the playhead. */
  async function open(theme: VsCodeTheme, width: number, height: number): Promise<Show> {
    const show = await stage.show(recording, { theme, width, height, scale: 2 });
    await show.page.locator('.count.calls .strong').filter({ hasText: '342' }).waitFor();
    await show.page.locator('.timeline-canvas').focus();
    await show.page.keyboard.press(']');
    await show.page.getByRole('button', { name: 'TaskManager.assignTask overwrites it' }).click();
    await until(
      'the moment',
      () => show.sent('state').at(-1)?.t === 928e6 && show.sent('window').some((m) => m.to < 1.1e9),
    );
    await show.settled();
    return show;
  }

  async function problemsOf(show: Show): Promise<string[]> {
    // Beside the policy: axe comes in through the debugger, not through the page.
    await show.page.evaluate(axe.source);
    const violations = await show.page.evaluate<Violation[]>(
      "axe.run(document, { resultTypes: ['violations'] }).then((r) => r.violations)",
    );
    return violations
      .filter((violation) => violation.impact === 'serious' || violation.impact === 'critical')
      .map(
        (violation) =>
          `${violation.id}: ${violation.nodes.map((node) => `${node.html.slice(0, 160)} ${node.failureSummary}`).join('\n')}`,
      );
  }

  for (const [name, theme] of THEMES) {
    it(`${name}: no serious accessibility violation on any tab; picture taken`, async () => {
      const show = await open(theme, 960, 800);
      for (const tab of TABS) {
        await show.page.locator(`#tab-${tab}`).click();
        await show.page.locator(`#view-${tab}`).waitFor();
        assert.deepEqual(await problemsOf(show), [], tab);
      }
      await show.page.locator('#tab-state').click();
      await show.page.locator('.timeline-canvas').focus();
      await show.page.locator('.states .card').first().waitFor();
      await show.page.screenshot({ path: `${IMAGES}/cinema-${name}.png` });
      assert.deepEqual(show.problems, []);
      await show.close();
    });
  }

  it('fits a narrow column and a wide panel', async () => {
    for (const [width, height] of [
      [360, 700],
      [1_400, 420],
    ] as const) {
      const show = await open(darkModern, width, height);
      const overflow = await show.page.evaluate<boolean>(
        'document.documentElement.scrollWidth > innerWidth || document.documentElement.scrollHeight > innerHeight',
      );
      assert.equal(overflow, false, `${width} x ${height}`);
      for (const control of ['Zoom in', 'Keyboard help'])
        assert.ok(await show.page.getByRole('button', { name: control }).isVisible());
      assert.ok((await show.page.locator('.timeline-canvas').boundingBox())?.height ?? 0 > 60);
      assert.ok((await show.page.locator('.side').boundingBox())?.height ?? 0 > 100);
      await show.close();
    }
  });
});
