// Calls one small function at a given rate, or with the present time in its argument.
import { answer } from './answer.mjs';

class Work {
  step(number, item) {
    return number + item.size;
  }
  stamp(sentMs) {
    return sentMs;
  }
}
const work = new Work();
const item = { size: 3, name: 'box' };

/** `perSecond` calls for `ms` milliseconds, spread over slices of 5 ms; gives how many were made and how late the last slice was. */
async function pace({ perSecond, ms }) {
  const start = performance.now();
  let made = 0;
  for (;;) {
    const elapsed = performance.now() - start;
    const due = Math.floor((Math.min(elapsed, ms) / 1000) * perSecond);
    for (; made < due; made++) work.step(made, item);
    if (elapsed >= ms) return { made, endMs: monotonicMs(), lateMs: elapsed - ms };
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** The system's monotonic clock, the same in every process of the machine. */
const monotonicMs = () => Number(process.hrtime.bigint()) / 1e6;

async function stamps({ count, everyMs }) {
  for (let i = 0; i < count; i++) {
    work.stamp(monotonicMs());
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

answer({ pace, stamps });
