import { execFile } from 'node:child_process';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const LISTEN = '0A';

/** TCP ports that a process listens on, ascending; empty when that cannot be told. */
export async function listeningPorts(pid: number): Promise<number[]> {
  try {
    const ports =
      process.platform === 'linux'
        ? await linuxPorts(pid)
        : process.platform === 'win32'
          ? await windowsPorts(pid)
          : await lsofPorts(pid);
    return [...new Set(ports)].sort((a, b) => a - b);
  } catch {
    return [];
  }
}

/** Socket inodes among the process's descriptors, looked up in the kernel's TCP tables. */
async function linuxPorts(pid: number): Promise<number[]> {
  const names = await readdir(`/proc/${pid}/fd`);
  const links = await Promise.all(names.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => '')));
  const inodes = new Set(
    links.map((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1]).filter((inode) => inode !== undefined),
  );
  const tables = await Promise.all(
    ['tcp', 'tcp6'].map((table) => readFile(`/proc/${pid}/net/${table}`, 'utf8').catch(() => '')),
  );
  const ports: number[] = [];
  for (const line of tables.join('\n').split('\n')) {
    const fields = line.trim().split(/\s+/);
    if (fields[3] === LISTEN && inodes.has(fields[9] ?? ''))
      ports.push(Number.parseInt((fields[1] as string).split(':')[1] as string, 16));
  }
  return ports;
}

async function lsofPorts(pid: number): Promise<number[]> {
  const { stdout } = await run('lsof', ['-nP', '-a', '-p', String(pid), '-iTCP', '-sTCP:LISTEN', '-Fn']);
  return [...stdout.matchAll(/^n.*:(\d+)$/gm)].map((match) => Number(match[1]));
}

async function windowsPorts(pid: number): Promise<number[]> {
  const { stdout } = await run('netstat', ['-ano', '-p', 'TCP']);
  const rows = [...stdout.matchAll(/^\s*TCP\s+\S+:(\d+)\s+\S+\s+LISTENING\s+(\d+)/gm)];
  return rows.filter((row) => Number(row[2]) === pid).map((row) => Number(row[1]));
}
