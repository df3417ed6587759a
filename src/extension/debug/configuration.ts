import * as vscode from 'vscode';
import { listApplications } from './applications.ts';
import { askQuestion } from './ask-question.ts';
import { processItems } from './process-items.ts';
import { pickProcess } from './process-picker.ts';

export const DEBUG_TYPE = 'nodescope';

const ATTACH: vscode.DebugConfiguration = {
  type: DEBUG_TYPE,
  request: 'attach',
  name: 'NodeScope: attach to a running process',
  // Replaced by VS Code when the configuration is used.
  // biome-ignore lint/suspicious/noTemplateCurlyInString: VS Code's own syntax for variables
  processId: '${command:nodescope.pickProcess}',
};

/** Fills in what a configuration leaves open: the process (by asking) and the folder. */
export class ConfigurationProvider implements vscode.DebugConfigurationProvider {
  provideDebugConfigurations(): vscode.DebugConfiguration[] {
    return [ATTACH];
  }

  async resolveDebugConfiguration(
    folder: vscode.WorkspaceFolder | undefined,
    config: vscode.DebugConfiguration,
  ): Promise<vscode.DebugConfiguration | undefined> {
    if (!vscode.workspace.isTrusted) {
      void vscode.window.showErrorMessage(
        'NodeScope attaches to processes only in a trusted workspace; trust this one with "Workspaces: Manage Workspace Trust".',
      );
      return undefined;
    }
    // F5 without a launch.json gives an empty configuration: somebody who can be asked.
    const interactive = config.type === undefined;
    const complete: vscode.DebugConfiguration = {
      ...config,
      type: DEBUG_TYPE,
      request: config.request ?? 'attach',
      name: config.name ?? ATTACH.name,
      // The cinema is what one looks at; the console keeps what was said until it is wanted.
      internalConsoleOptions: config.internalConsoleOptions ?? 'neverOpen',
    };
    const isSet = (value: unknown): boolean => value !== undefined && value !== '';
    if (complete.request === 'attach' && ![complete.processId, complete.port, complete.websocketAddress].some(isSet)) {
      const pid = await pickProcess();
      if (pid === undefined) return undefined;
      complete.processId = pid;
    }
    if (interactive && complete.plan === undefined && complete.question === undefined) {
      const question = await askQuestion();
      if (question === undefined) return undefined;
      complete.question = question;
    }
    const home = folder ?? vscode.workspace.workspaceFolders?.[0];
    if (complete.cwd === undefined && home !== undefined) complete.cwd = home.uri.fsPath;
    return complete;
  }
}

/** The running processes as ready-made configurations, for "Show all automatic debug configurations". */
export class RunningProcesses implements vscode.DebugConfigurationProvider {
  async provideDebugConfigurations(): Promise<vscode.DebugConfiguration[]> {
    const items = processItems(await listApplications(), Date.now());
    return items.map(({ pid, label }) => ({
      type: DEBUG_TYPE,
      request: 'attach',
      name: `Attach to ${label} (${pid})`,
      processId: pid,
    }));
  }
}
