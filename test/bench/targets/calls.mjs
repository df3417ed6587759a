// One synchronous and one asynchronous method with a number and a small object, in bursts.
import { answer } from './answer.mjs';
import { cpuNs } from './clock.mjs';

class Basket {
  total = 0;

  add(count, item) {
    this.total = (this.total + count * item.price) % 1000;
    return { count, total: this.total };
  }

  async addLater(count, item) {
    await null;
    this.total = (this.total + count * item.price) % 1000;
    return { count, total: this.total };
  }
}

const basket = new Basket();
const item = { id: 7, name: 'pencil', price: 3 };

/** Nanoseconds of the main thread per call. */
function sync(calls) {
  const start = cpuNs();
  for (let i = 0; i < calls; i++) basket.add(i, item);
  return (cpuNs() - start) / calls;
}

async function later(calls) {
  const start = cpuNs();
  for (let i = 0; i < calls; i++) await basket.addLater(i, item);
  return (cpuNs() - start) / calls;
}

answer({ sync, later, cpu: cpuNs });
