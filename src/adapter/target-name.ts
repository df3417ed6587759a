import { basename } from 'node:path';
import type { TargetInfo } from '../tracer/store/manifest.ts';

/** A process as people know it: by its script, where it did not give itself a title. */
export function targetName({ title, argv }: Pick<TargetInfo, 'title' | 'argv'>): string {
  const script = argv[1];
  const isDefault = /^(?:.*[\\/])?node(?:\.exe)?\b/.test(title);
  return isDefault && script !== undefined ? basename(script) : title;
}

/** `main.js (pid 4711)`. */
export function targetLabel(target: Pick<TargetInfo, 'title' | 'argv' | 'pid'>): string {
  return `${targetName(target)} (pid ${target.pid})`;
}
