import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A Node binary that targets of the tests run on. */
export interface Runtime {
  readonly name: string;
  readonly node: string;
}

const MAJORS = [20, 22, 24, 26];

/** The installed binaries of test/runtimes (`npm ci` there); where they do not run, the one that runs the tests. */
export const RUNTIMES: readonly Runtime[] = (() => {
  const here = { name: `Node ${process.versions.node.split('.')[0]}`, node: process.execPath };
  if (process.platform !== 'linux' || process.arch !== 'x64') return [here];
  const installed = MAJORS.map((major) => ({
    name: `Node ${major}`,
    node: fileURLToPath(new URL(`../../runtimes/node_modules/node${major}/bin/node`, import.meta.url)),
  })).filter((runtime) => existsSync(runtime.node));
  return installed.length === 0 ? [here] : installed;
})();

/** For tests whose subject does not differ between versions: the newest long-term one. */
export const ONE = RUNTIMES.find((runtime) => runtime.name === 'Node 24') ?? (RUNTIMES[0] as Runtime);
