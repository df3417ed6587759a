/**
 * Preloaded (`--import`) into the VS Code server and into npm: ends their process group when the process that started
 * them is gone, even by SIGKILL, when nobody is left to stop them. Limit: Windows does not report a lost parent.
 */
const parent = process.ppid;

// What the server forks must not inherit this: an extension host may start the user's own programs.
process.execArgv = [];

setInterval(() => {
  if (process.ppid !== parent) process.kill(-process.pid, 'SIGKILL');
}, 500).unref();
