/**
 * Synchronous clean-up for every way this process can end except SIGKILL: normal exit, an uncaught error, Ctrl-C, a
 * closed terminal. Last registered, first run. When the program has its own handler for a signal, the program decides
 * when to exit, and the clean-up waits for that.
 */

/** @type {Set<() => void>} */
const cleanups = new Set();

const SIGNALS = /** @type {const} */ ({ SIGHUP: 1, SIGINT: 2, SIGTERM: 15 });

/** @type {Map<NodeJS.Signals, () => void>} */
const handlers = new Map();

/**
 * @param {() => void} cleanup must be synchronous; exceptions are swallowed
 * @returns {() => void} the undo
 */
export function atEnd(cleanup) {
  if (cleanups.size === 0) listen();
  // A Set would merge two registrations of one function.
  const entry = () => cleanup();
  cleanups.add(entry);
  return () => {
    cleanups.delete(entry);
    if (cleanups.size === 0) unlisten();
  };
}

function runAll() {
  for (const cleanup of [...cleanups].reverse()) {
    try {
      cleanup();
    } catch {
      // The process is ending; the next clean-up still has to run.
    }
  }
  cleanups.clear();
}

function listen() {
  process.on('exit', runAll);
  for (const [name, number] of Object.entries(SIGNALS)) {
    const signal = /** @type {NodeJS.Signals} */ (name);
    const handler = () => {
      if (process.listenerCount(signal) === 1) process.exit(128 + number);
    };
    handlers.set(signal, handler);
    process.on(signal, handler);
  }
}

function unlisten() {
  process.off('exit', runAll);
  for (const [signal, handler] of handlers) process.off(signal, handler);
  handlers.clear();
}
