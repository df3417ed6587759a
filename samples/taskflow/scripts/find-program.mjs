import { accessSync, constants, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

// Debian keeps the server's programs out of PATH, one folder a version.
const POSTGRES_FOLDERS = '/usr/lib/postgresql';

/**
 * @param {string} name
 * @returns {string | undefined} the program's path, if it is installed
 */
export function findProgram(name) {
  const folders = [...(process.env.PATH ?? '').split(delimiter).filter(Boolean), ...postgresFolders()];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

/** The newest version first. */
function postgresFolders() {
  try {
    const versions = readdirSync(POSTGRES_FOLDERS).sort((a, b) => Number(b) - Number(a));
    return versions.map((version) => join(POSTGRES_FOLDERS, version, 'bin'));
  } catch {
    return [];
  }
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
