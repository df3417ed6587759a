// The plainest tracer one would write: AsyncLocalStorage around every call, values copied by JSON, batches thrown away.
import { AsyncLocalStorage } from 'node:async_hooks';

const storage = new AsyncLocalStorage();
let calls = 0;
let batch = [];

function record(event) {
  batch.push(JSON.stringify(event));
  if (batch.length === 1000) batch = [];
}

export function wrapNaively(holder, name) {
  const original = holder[name];
  holder[name] = function (...args) {
    const call = ++calls;
    record({ type: 'enter', call, parent: storage.getStore() ?? null, name, t: performance.now(), args });
    const end = (value) => {
      record({ type: 'exit', call, t: performance.now(), value });
      return value;
    };
    const result = storage.run(call, () => original.apply(this, args));
    return result instanceof Promise ? result.then(end) : end(result);
  };
}
