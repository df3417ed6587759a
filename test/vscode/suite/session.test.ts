import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { NodeScopeApi } from '../../../src/extension/extension.ts';
import type { OpenRecording } from '../../../src/extension/recording/open-recording.ts';
import { type Surface, type TestBridge, testBridge } from '../rig/bridge.ts';
import { api, counts, folder, lineOf, source, taskflow } from './taskflow.ts';
import { until } from './until.ts';

const manager = source('tasks/task-manager.ts');

describe('a session in VS Code', () => {
  let ui: TestBridge;
  let cinema: Surface;
  let nodescope: NodeScopeApi;
  /** What the adapter wrote to the Debug Console. */
  const said: string[] = [];

  const current = (): OpenRecording => {
    const open = nodescope.shown.current;
    assert.ok(open, 'a recording is shown');
    return open;
  };
  const lenses = async (uri: vscode.Uri): Promise<vscode.CodeLens[]> =>
    (await vscode.commands.executeCommand<vscode.CodeLens[] | undefined>('vscode.executeCodeLensProvider', uri, 100)) ??
    [];
  const problems = (): [vscode.Uri, vscode.Diagnostic][] =>
    vscode.languages
      .getDiagnostics()
      .flatMap(([uri, list]) =>
        list.filter((one) => one.source === 'NodeScope').map((one): [vscode.Uri, vscode.Diagnostic] => [uri, one]),
      );

  /** Texts that decorations put behind lines: they are no elements of their own. */
  const inlineTexts = async (): Promise<string> =>
    String(
      await ui.workbench.evaluate(
        "[...document.querySelectorAll('.view-line span')].map((e) => getComputedStyle(e, '::after').content).filter((t) => t !== 'none').join('\\n')",
      ),
    );
  /** Different colours in the drawn timeline: a blank one has the background and the playhead. */
  const colours = async (): Promise<number> =>
    Number(
      await cinema.evaluate(`(() => {
        const canvas = document.querySelector('.timeline-canvas');
        const { data } = canvas.getContext('2d').getImageData(0, 40, canvas.width, canvas.height - 40);
        return new Set(new Uint32Array(data.buffer)).size;
      })()`),
    );
  /** For the documentation: no tooltip of whatever the mouse was last on. */
  const picture = async (name: string): Promise<void> => {
    await ui.workbench.hover({ selector: '.part.statusbar' }, { x: 900, y: 10 });
    await ui.workbench.waitFor({ selector: '.workbench-hover-container' }, { state: 'hidden' });
    await ui.screenshot(name);
  };
  const asked = (title: string): Promise<true> =>
    until(title, async () => (await ui.workbench.text({ selector: '.quick-input-widget' })).includes(title));

  before(async () => {
    ui = testBridge();
    vscode.debug.registerDebugAdapterTrackerFactory('nodescope', {
      createDebugAdapterTracker: () => ({
        onDidSendMessage: (message) => {
          if (message.event === 'output') said.push(message.body.output);
        },
      }),
    });
    await vscode.commands.executeCommand('workbench.action.closeSidebar');
    cinema = ui.webview('.timeline-canvas');
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(manager));
    nodescope = await api();
  });

  it('shows nothing before anything is recorded', async () => {
    assert.equal(nodescope.shown.current, null);
    assert.deepEqual(problems(), []);
    const own = (await lenses(manager)).filter(({ command }) => command?.command.startsWith('nodescope.'));
    assert.deepEqual(own, []);
  });

  it('attaches with F5 to a process that runs without inspector flags', async function () {
    this.timeout(90_000);
    await ui.press('F5');
    await until('the recording', () => nodescope.shown.current?.live, 60_000);
    await until('the session', () => vscode.debug.activeDebugSession?.type === 'nodescope');
    assert.equal(current().recording.manifest.targets[0]?.pid, taskflow().pid);
    await until('the probe', () =>
      current()
        .probes()
        .some(({ name, status }) => name === 'TaskManager.assignTask' && status === 'installed'),
    );
    await until('events', () => current().recording.eventCount > 500);
  });

  it('draws requests and calls in the cinema beside the code', async () => {
    await cinema.waitFor({ selector: '.timeline-canvas' });
    assert.ok(vscode.window.activeTextEditor, 'the editor keeps the focus');
    await until('a live film', async () => (await cinema.text({ selector: '.mode' })) === 'LIVE');
    const shown = async (name: string): Promise<number> =>
      Number.parseFloat((await cinema.text({ selector: `.count.${name} .strong` })).replaceAll(',', ''));
    await until('calls', async () => (await shown('calls')) > 0);
    await cinema.click({ selector: '#tab-calls' });
    const text = await until('requests and calls', async () => {
      const list = await cinema.text({ selector: '.tab.calls' });
      return /(GET|POST|PATCH) \//.test(list) && /TaskManager\.|ProjectService\./.test(list) ? list : null;
    });
    assert.doesNotMatch(text, /probe \d/);
    await ui.screenshot('live');
  });

  // How far behind it is at most is measured by the benchmark, part `flow`.
  it('goes on with the process, and never ahead of it', async () => {
    const { recording } = current();
    for (let i = 0; i < 20; i++) {
      const before = recording.eventCount;
      await until('more events', () => recording.eventCount > before, 5_000);
      const behind = Date.now() - (recording.manifest.originMs + recording.range().to / 1e6);
      assert.ok(behind > -50, `${behind} ms behind`);
    }
  });

  it('finds the N+1 and the lost update, with their TypeScript lines, in Problems', async function () {
    this.timeout(120_000);
    const found = await until(
      'both findings',
      () => {
        const kinds = new Map(
          current()
            .findings()
            .map((finding) => [finding.details.kind, finding]),
        );
        return kinds.size === 2 ? kinds : null;
      },
      100_000,
    );
    const listed = await until('problems', () => (problems().length >= 2 ? problems() : null));
    const nPlusOne = listed.find(([, { code }]) => isCode(code, found.get('n-plus-one')?.detector));
    const lost = listed.find(([uri]) => uri.fsPath === manager.fsPath);
    assert.ok(nPlusOne, 'the N+1 is a problem');
    assert.match(nPlusOne[0].fsPath, /\/src\/.*\.ts$/);
    assert.ok(lost, 'the lost update is a problem of task-manager.ts');
    const declared = await lineOf(manager, 'async assignTask(');
    const { line } = lost[1].range.start;
    assert.ok(line >= declared && line < declared + 30, `line ${line} is in assignTask`);
    assert.equal(lost[1].relatedInformation?.length, 2, 'both calls are named');
    assert.match(lost[1].relatedInformation?.[0]?.message ?? '', /assignTask\(\d+, \d+\) read .* wrote /);
  });

  it('selects a call: its line opens, arguments, result and state are shown', async () => {
    await cinema.click({ role: 'textbox', name: 'Search names, arguments and results' });
    await ui.type('TaskManager.assignTask');
    await cinema.click({ selector: '#tab-details' });
    // Backwards from now; a call that was refused, or has not ended, is no good example.
    let before = await cinema.text({ selector: '.tab.details' });
    const details = await until('details', async () => {
      await cinema.click({ role: 'button', name: 'Previous match' });
      before = await until('another call', async () => {
        const shown = await cinema.text({ selector: '.tab.details' });
        return shown !== before && /\b(call|query|request) \d+/.test(shown) ? shown : null;
      });
      return /^TaskManager\.assignTask\b/.test(before) && /resolved to/i.test(before) ? before : null;
    });
    assert.match(details, /Arguments/i);
    assert.match(details, /0: \d+\s+1: \d+/);
    assert.match(details, /Resolved to/i);
    assert.match(details, /POST \/tasks\/\d+\/assign/);
    const declared = await lineOf(manager, 'async assignTask(');
    const editor = await until('the line in the editor', () => {
      const open = vscode.window.visibleTextEditors.find(({ document }) => document.uri.fsPath === manager.fsPath);
      return open?.selection.active.line === declared ? open : null;
    });
    assert.notEqual(editor.viewColumn, undefined);
    assert.equal(await cinema.text({ selector: '.mode' }), 'FROZEN');
    await until('the value at the end of the line', async () => /\(\d+, \d+\) → .* ms/.test(await inlineTexts()));
    await cinema.evaluate("document.querySelector('.timeline-canvas').focus()");
    // Centre the call, then fill the view with it; the film draws it when the host has answered.
    await ui.press('f');
    await ui.press('f');
    await cinema.evaluate('new Promise((done) => setTimeout(done, 400))');
    await picture('vscode-cinema');
  });

  it('shows the state at the playhead with its last change', async () => {
    await cinema.click({ selector: '#tab-state' });
    const text = await until('slots', async () => {
      const state = await cinema.text({ selector: '.tab.states' });
      return /slots/.test(state) && /→/.test(state) ? state : null;
    });
    assert.match(text, /by\s+TaskManager\.assignTask/);
    await ui.screenshot('state');
  });

  it('freezes the playback, never the process, when the debugger pauses', async () => {
    const session = vscode.debug.activeDebugSession;
    assert.ok(session);
    const before = await counts();
    await vscode.commands.executeCommand('workbench.view.debug');
    // The playhead stands where the last call was selected: the debugger is stopped there.
    await vscode.commands.executeCommand('workbench.action.debug.continue');
    await until('a playhead that follows', () => current().playhead.live);
    await vscode.commands.executeCommand('workbench.action.debug.pause');
    await until('a frozen playhead', () => !current().playhead.live);
    const { threads } = await session.customRequest('threads');
    assert.ok(threads.length >= 1);
    const stacks = await Promise.all(
      threads.map((thread: { id: number }) => session.customRequest('stackTrace', { threadId: thread.id })),
    );
    const frames = stacks.flatMap(({ stackFrames }) => stackFrames);
    assert.ok(frames.length > 0, 'a recorded call chain');
    const { scopes } = await session.customRequest('scopes', { frameId: frames[0].id });
    assert.ok(scopes.length > 0);
    const { variables } = await session.customRequest('variables', {
      variablesReference: scopes[0].variablesReference,
    });
    assert.ok(variables.length > 0);
    const events = current().recording.eventCount;
    await until('the process to go on', async () => {
      const now = await counts();
      const total = (c: typeof now): number => Object.values(c.functions).reduce((sum, f) => sum + f.entered, 0);
      return total(now) > total(before) && current().recording.eventCount > events;
    });
    const shown = await until('the Variables view', async () => {
      const text = await ui.workbench.text({ selector: '.debug-viewlet' });
      assert.match(text, /(Arguments|Request|Query)\s/);
      return /(Arguments|Request|Query)\s+(?!Result|State|Watch)\S/.test(text) ? text : null;
    });
    assert.match(await cinema.text({ selector: '.mode' }), /FROZEN/, 'the cinema stays in sight');
    assert.match(shown, /Playback at \d/i);
    await until('the film of that moment', async () => (await colours()) > 5);
    await picture('vscode-paused');
    await vscode.commands.executeCommand('workbench.action.closeSidebar');
    await vscode.commands.executeCommand('workbench.action.debug.continue');
    await until('live again', () => current().playhead.live);
  });

  it('puts figures above traced functions that match the store', async () => {
    const declared = await lineOf(manager, 'async assignTask(');
    const { recording } = current();
    const probe = recording.manifest.probes.find(({ name }) => name === 'TaskManager.assignTask');
    assert.ok(probe);
    const text = await until('a lens', async () => {
      const lens = (await lenses(manager)).find(
        ({ range, command }) => range.start.line === declared && command?.command === 'nodescope.showCall',
      );
      return lens?.command?.title;
    });
    const stored = recording.count({ function: 'TaskManager.assignTask', types: ['call.enter'] });
    const calls = Number.parseInt(text.replaceAll(',', ''), 10);
    assert.ok(calls > 0 && calls <= stored && calls > stored - 50, `${text} against ${stored} in the store`);
    assert.match(text, /p50 .* p95 /);
    assert.ok((await lenses(manager)).some(({ command }) => command?.command === 'nodescope.clearLenses'));
  });

  it('makes a plan from a question and applies it to the running process', async () => {
    await ui.runCommand('NodeScope: Plan from a Question');
    await asked('What do you want to know?');
    await ui.press('Control+A');
    await ui.type('which tasks does a project have?');
    await ui.press('Enter');
    const editor = await until('the plan', () => {
      const active = vscode.window.activeTextEditor;
      return active?.document.fileName.endsWith('.plan.json') ? active : null;
    });
    const plan = JSON.parse(editor.document.getText());
    assert.equal(plan.question, 'which tasks does a project have?');
    assert.ok(
      plan.probes.every((probe: { because?: string }) => probe.because),
      'a reason for each probe',
    );
    await until('the schema', () => vscode.languages.getDiagnostics(editor.document.uri).length === 0);
    plan.probes.push({ kind: 'function', at: 'src/counters.ts#Counters.snapshot', capture: ['return'] });
    const whole = new vscode.Range(0, 0, editor.document.lineCount, 0);
    await until('the edit', async () => editor.edit((edit) => edit.replace(whole, JSON.stringify(plan, null, 2))));
    await editor.document.save();
    await vscode.commands.executeCommand('nodescope.applyPlan');
    await until('the new probe', async () => {
      await counts();
      const probe = current()
        .probes()
        .find(({ name }) => name === 'Counters.snapshot');
      if (probe?.status === 'installed') return true;
      throw new Error(probe === undefined ? 'no such probe' : `${probe.status}, ${probe.calls} calls: ${probe.reason}`);
    });
    assert.equal(
      current()
        .probes()
        .filter(({ name }) => name === 'TaskManager.assignTask').length,
      1,
    );
    await until('its call', () => current().recording.count({ function: 'Counters.snapshot' }) > 0);
    await vscode.commands.executeCommand('workbench.action.closeActiveEditor');
  });

  it('lists targets, probes, findings and recordings in its own view', async () => {
    await vscode.commands.executeCommand('workbench.view.extension.nodescope');
    const text = await until('the lists', async () => {
      const shown = await ui.workbench.text({ selector: '.composite.viewlet' });
      const parts = [
        `recording · pid ${taskflow().pid}`,
        'TaskManager.assignTask',
        'Lost update',
        'Why do two users get the same task',
      ];
      const missing = parts.filter((part) => !shown.includes(part));
      assert.deepEqual(missing, [], shown);
      return shown;
    });
    assert.match(text, /node dist\/main\.js/);
    await ui.screenshot('views');
    await vscode.commands.executeCommand('workbench.action.closeSidebar');
  });

  it('goes from a problem to its evidence in the cinema', async () => {
    const [lost] = problems().filter(([uri]) => uri.fsPath === manager.fsPath);
    assert.ok(lost);
    const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
      'vscode.executeCodeActionProvider',
      lost[0],
      lost[1].range,
    );
    const show = actions.find(({ command }) => command?.command === 'nodescope.showFinding');
    assert.ok(show?.command, 'a quick fix');
    await vscode.commands.executeCommand(show.command.command, ...(show.command.arguments ?? []));
    const card = await until('the finding', async () => {
      const text = await cinema.text({ selector: '.tab.findings [aria-current="true"]' });
      return text.includes('assignTask') ? text : null;
    });
    assert.match(card, /reads/);
    assert.match(card, /writes/);
    await vscode.commands.executeCommand('workbench.actions.view.problems');
    await picture('vscode-findings');
    await vscode.commands.executeCommand('workbench.action.closePanel');
  });

  it('tells the Debug Console what it did', async () => {
    const text = said.join('');
    assert.match(text, /Attached to main\.js \(pid \d+, Node v[\d.]+\) without a restart/);
    assert.match(text, /\d+ of \d+ probes installed/);
    assert.match(text, /✓ \S+task-manager\.ts#TaskManager\.assignTask: rebind/);
    assert.match(text, /N\+1 in GET \/projects\/:id/);
    assert.match(text, /Lost update of this\.slots/);
    await vscode.commands.executeCommand('workbench.debug.action.focusRepl');
    await until('the console', async () => /N\+1|Lost update/.test(await ui.workbench.text({ selector: '.repl' })));
    await vscode.commands.executeCommand('workbench.action.closePanel');
  });

  it('survives being hidden and comes back where it was', async () => {
    const group = vscode.window.tabGroups.all.find(({ tabs }) =>
      tabs.some(({ label }) => label === 'NodeScope Cinema'),
    );
    assert.ok(group);
    await vscode.window.showTextDocument(source('app.ts'), { viewColumn: group.viewColumn, preview: false });
    await cinema.waitFor({ selector: '.timeline-canvas' }, { state: 'hidden' });
    await vscode.commands.executeCommand('workbench.action.closeActiveEditor');
    await cinema.waitFor({ selector: '.timeline-canvas' });
    await until('a connected cinema', async () => (await cinema.text({ selector: '.mode' })) !== 'WAITING');
    await until('its counts', async () => /[1-9]/.test(await cinema.text({ selector: '.count.calls' })));
  });

  it('leaves the application with its original functions when it stops', async () => {
    const { pid } = taskflow();
    await vscode.commands.executeCommand('nodescope.stop');
    await until(
      'the end of the session',
      () => vscode.debug.activeDebugSession === undefined && !current().live,
      30_000,
    );
    const { recording } = current();
    assert.equal(recording.manifest.state, 'complete');
    assert.equal(recording.manifest.dropped, 0);
    assert.match(said.join(''), /Recorded [\d,]+ events, [\d,]+ calls, \d+ findings?; dropped 0; overhead [\d.]+%\./);
    assert.match(said.join(''), /goes on with its original functions/);
    const before = recording.eventCount;
    const then = await counts();
    assert.equal(then.pid, pid, 'the same process serves');
    await until('more work in the application', async () => {
      const now = await counts();
      return (
        (now.functions['TaskManager.assignTask']?.entered ?? 0) >
        (then.functions['TaskManager.assignTask']?.entered ?? 0)
      );
    });
    assert.equal(recording.eventCount, before, 'nothing is recorded any more');
    await until('the end in the cinema', async () => (await cinema.text({ selector: '.mode' })) === 'STOPPED');
  });

  it('opens the stored recording again', async () => {
    const { id } = current();
    const calls = current().recording.spanCount;
    await vscode.commands.executeCommand('nodescope.closeRecording');
    assert.equal(nodescope.shown.current, null);
    await until('no problems', () => problems().length === 0);
    const stored = vscode.Uri.joinPath(folder().uri, '.nodescope', 'recordings', id, 'recording.json');
    await vscode.commands.executeCommand('nodescope.openRecording', stored);
    assert.equal(current().id, id);
    assert.equal(current().live, false);
    assert.equal(current().recording.spanCount, calls);
    await until('its findings', () => problems().length >= 2);
    await until('a film at rest', async () => (await cinema.text({ selector: '.mode' })) === 'STOPPED');
    await ui.screenshot('stored');
  });

  it('attaches by picking a process and asking a question', async function () {
    this.timeout(90_000);
    await ui.runCommand('NodeScope: Attach to Running Process');
    await asked('Attach NodeScope to a running process');
    await ui.type(String(taskflow().pid));
    const row = await until('the process', async () => {
      const text = await ui.workbench.text({ selector: '.quick-input-list .monaco-list-row.focused' });
      return text.includes(`pid ${taskflow().pid}`) ? text : null;
    });
    assert.match(row, /node dist\/main\.js/);
    await ui.screenshot('picker');
    await ui.press('Enter');
    await asked('What do you want to know?');
    await until('the box to close', async () => {
      await ui.press('Enter');
      const hidden = { state: 'hidden', timeoutMs: 2_000 } as const;
      return await ui.workbench.waitFor({ selector: '.quick-input-widget' }, hidden).then(
        () => true,
        () => false,
      );
    });
    await until('the recording', () => nodescope.shown.current?.live, 60_000);
    await until('a live film', async () => (await cinema.text({ selector: '.mode' })) === 'LIVE');
    await cinema.click({ role: 'button', name: 'Stop recording' });
    await until('the end', () => vscode.debug.activeDebugSession === undefined && !current().live, 30_000);
    assert.equal((await counts()).pid, taskflow().pid);
  });

  it('broke no rule of the content security policy', async () => {
    const broken = (await ui.problems()).filter(({ text }) => /Content Security Policy|Refused to/i.test(text));
    assert.deepEqual(broken, []);
    const own = (await ui.problems()).filter(({ from }) => from === 'webview');
    assert.deepEqual(own, []);
  });
});

function isCode(code: vscode.Diagnostic['code'], detector: string | undefined): boolean {
  return typeof code === 'object' && code.value === detector;
}
