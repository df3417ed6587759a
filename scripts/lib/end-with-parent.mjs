/**
 * Preloaded (`--import`) into the VS Code server: ends the server's process group when the process that started it is
 * gone, even by SIGKILL, when nobody is left to call `stop()`. Limit: Windows does not report a lost parent.
 */
const parent = process.ppid;

// What the server forks must not inherit this: an extension host may start the user's own programs.
process.execArgv = [];

setInterval(() => {
  if (process.ppid !== parent) process.kill(-process.pid, 'SIGKILL');
}, 1_000).unref();
