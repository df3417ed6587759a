/**
 * Plain JavaScript in place of two native modules that the VS Code server has not compiled here (install scripts stay
 * off), in our private copy only and only while the compiled module is absent:
 *
 * - `@vscode/spdlog` writes every log file and output channel; without it an extension's `OutputChannel` stays empty.
 * - `@vscode/native-watchdog` ends an extension host whose server has died.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @param {string} root folder of the installed server
 */
export function installNativeShims(root) {
  for (const { name, binary, source } of SHIMS) {
    const folder = join(root, 'node_modules', '@vscode', name);
    if (!existsSync(folder) || existsSync(join(folder, 'build', 'Release', binary))) continue;
    writeFileSync(join(folder, 'index.js'), source);
  }
}

const SPDLOG = `'use strict';
const fs = require('fs');
const path = require('path');
const NAMES = ['trace', 'debug', 'info', 'warning', 'error', 'critical'];
class Logger {
  constructor(type, name, filename, maxSize, maxFiles) {
    this.level = 2;
    this.pattern = '%Y-%m-%d %H:%M:%S.%e [%l] %v';
    this.filename = filename;
    this.maxSize = maxSize || Infinity;
    this.maxFiles = maxFiles || 1;
    fs.mkdirSync(path.dirname(filename), { recursive: true });
    this.size = fs.existsSync(filename) ? fs.statSync(filename).size : 0;
    fs.appendFileSync(filename, '');
  }
  write(level, message) {
    if (level < this.level || !this.filename) return;
    const t = new Date(Date.now() - new Date().getTimezoneOffset() * 60000).toISOString();
    const parts = { Y: t.slice(0, 4), m: t.slice(5, 7), d: t.slice(8, 10), H: t.slice(11, 13), M: t.slice(14, 16),
      S: t.slice(17, 19), e: t.slice(20, 23), l: NAMES[level], v: String(message), '^': '', '$': '' };
    const line = this.pattern === '' ? String(message)
      : this.pattern.replace(/%([YmdHMSelv^$])/g, (_, key) => parts[key]) + '\\n';
    if (this.size > this.maxSize) this.rotate();
    fs.appendFileSync(this.filename, line);
    this.size += Buffer.byteLength(line);
  }
  rotate() {
    const { dir, name, ext } = path.parse(this.filename);
    const nth = (n) => n === 0 ? this.filename : path.join(dir, name + '.' + n + ext);
    for (let n = this.maxFiles - 1; n > 0; n--) if (fs.existsSync(nth(n - 1))) fs.renameSync(nth(n - 1), nth(n));
    fs.writeFileSync(this.filename, '');
    this.size = 0;
  }
  trace(m) { this.write(0, m); }
  debug(m) { this.write(1, m); }
  info(m) { this.write(2, m); }
  warn(m) { this.write(3, m); }
  error(m) { this.write(4, m); }
  critical(m) { this.write(5, m); }
  getLevel() { return this.level; }
  setLevel(level) { this.level = level; }
  setPattern(pattern) { this.pattern = pattern; }
  clearFormatters() { this.pattern = ''; }
  flush() {}
  drop() { this.filename = undefined; }
}
const create = (type) => async (name, file, size, count) => new Logger(type, name, file, size, count);
exports.version = 0;
exports.setLevel = () => {};
exports.setFlushOn = () => {};
exports.Logger = Logger;
exports.LogLevel = { Trace: 0, Debug: 1, Info: 2, Warning: 3, Error: 4, Critical: 5, Off: 6 };
exports.createRotatingLogger = create('rotating');
exports.createAsyncRotatingLogger = create('rotating_async');
`;

const WATCHDOG = `'use strict';
exports.start = (pid) => {
  setInterval(() => {
    try {
      process.kill(pid, 0);
    } catch (error) {
      if (error.code === 'ESRCH') process.exit(87);
    }
  }, 1000).unref();
};
exports.exit = (code) => process.exit(code || 0);
`;

const SHIMS = [
  { name: 'spdlog', binary: 'spdlog.node', source: SPDLOG },
  { name: 'native-watchdog', binary: 'watchdog.node', source: WATCHDOG },
];
