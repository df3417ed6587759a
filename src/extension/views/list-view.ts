import * as vscode from 'vscode';
import { textOf } from '../../tracer/error/error.ts';

/** A flat list in the side bar, made anew by `items` whenever it is refreshed. */
export class ListView implements vscode.TreeDataProvider<vscode.TreeItem>, vscode.Disposable {
  readonly #items: () => readonly vscode.TreeItem[] | Promise<readonly vscode.TreeItem[]>;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #registration: vscode.Disposable;
  readonly onDidChangeTreeData = this.#changed.event;

  constructor(id: string, items: () => readonly vscode.TreeItem[] | Promise<readonly vscode.TreeItem[]>) {
    this.#items = items;
    this.#registration = vscode.window.registerTreeDataProvider(id, this);
  }

  readonly refresh = (): void => this.#changed.fire();

  getTreeItem(item: vscode.TreeItem): vscode.TreeItem {
    return item;
  }

  async getChildren(parent?: vscode.TreeItem): Promise<vscode.TreeItem[]> {
    if (parent !== undefined) return [];
    try {
      return [...(await this.#items())];
    } catch (error) {
      return [new vscode.TreeItem(textOf(error))];
    }
  }

  dispose(): void {
    this.#registration.dispose();
    this.#changed.dispose();
  }
}
