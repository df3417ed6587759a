// Nanoseconds of processor time that the main thread has had, so that other programs on the machine do not count.
import { readFileSync } from 'node:fs';

const schedstat = `/proc/self/task/${process.pid}/schedstat`;
const source = process.threadCpuUsage ? 'thread' : process.platform === 'linux' ? 'schedstat' : 'wall';

export function cpuNs() {
  if (source === 'thread') {
    const { user, system } = process.threadCpuUsage();
    return (user + system) * 1000;
  }
  return source === 'schedstat'
    ? Number(readFileSync(schedstat, 'utf8').split(' ')[0])
    : Number(process.hrtime.bigint());
}
