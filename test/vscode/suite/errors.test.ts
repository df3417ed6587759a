import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { testBridge } from '../rig/bridge.ts';
import { folder, taskflow } from './taskflow.ts';
import { until } from './until.ts';

describe('what goes wrong', () => {
  const ui = testBridge();

  /** Starts a session that must fail, and gives the one sentence that VS Code shows (a dialog, which tests only log). */
  async function refusal(configuration: Record<string, unknown>): Promise<string> {
    const known = (await dialogs()).length;
    const starting = vscode.debug.startDebugging(folder(), {
      type: 'nodescope',
      request: 'attach',
      name: 'wrong',
      question: 'What is slow?',
      ...configuration,
    });
    const started = await Promise.resolve(starting).catch(() => false);
    assert.equal(started, false);
    const sentence = await until('the message', async () => (await dialogs())[known]);
    await until('no session', () => vscode.debug.activeDebugSession === undefined);
    return sentence;
  }

  async function dialogs(): Promise<string[]> {
    return (await ui.problems()).flatMap(({ text: all }) => {
      const [text = ''] = all.split('\n');
      const [, contents] =
        /^Error: .*refused to show dialog in tests\. Contents: (?!DialogService)(.*)$/.exec(text) ?? [];
      return contents === undefined ? [] : [contents.replace(/ \[http\S+\]$/, '')];
    });
  }

  it('says that a process does not exist', async () => {
    assert.match(await refusal({ processId: 4_000_000 }), /^There is no process with pid 4000000; .*\.$/);
  });

  it('says that nothing listens on a port', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => server.close(resolve));
    assert.match(
      await refusal({ port }),
      new RegExp(`^No Node\\.js inspector answers at 127\\.0\\.0\\.1:${port}; .*\\.$`),
    );
  });

  it('says what is wrong in a plan, and traces nothing', async () => {
    const plan = join(folder().uri.fsPath, 'broken.plan.json');
    writeFileSync(plan, '{ "version": 1, "probes": [ { "kind": "function", "at": "no-hash" } ] }');
    assert.match(await refusal({ processId: taskflow().pid, plan: 'broken.plan.json' }), /^broken\.plan\.json: .*\.$/);
  });

  it('says that an attribute is wrong', async () => {
    assert.match(await refusal({ processId: 'abc' }), /^"processId" of the debug configuration must be a whole number/);
  });

  it('says that there is no such recording', async () => {
    const nowhere = vscode.Uri.joinPath(folder().uri, 'nowhere');
    await vscode.commands.executeCommand('nodescope.openRecording', nowhere);
    // Toasts are off in this VS Code; the list shows the same notifications.
    const text = await until('the message', async () => {
      await vscode.commands.executeCommand('notifications.showList');
      const shown = await ui.workbench.text({ selector: '.notifications-center' });
      return shown.includes('There is no recording at') ? shown : null;
    });
    assert.match(text, /give the folder that holds its recording\.json/);
    await vscode.commands.executeCommand('notifications.clearAll');
  });
});
