import type { Viewport } from './viewport.ts';

const UNITS: readonly (readonly [number, string])[] = [
  [1e9, 's'],
  [1e6, 'ms'],
  [1e3, 'µs'],
  [1, 'ns'],
];

/** A length of time for people: three significant digits and a unit; minutes and hours from 100 s on. */
export function formatDuration(ns: number): string {
  if (!Number.isFinite(ns)) return '?';
  const sign = ns < 0 ? '-' : '';
  const abs = Math.abs(ns);
  if (abs >= 100e9) return sign + clock(abs);
  for (const [size, unit] of UNITS) {
    if (abs >= size * 0.9995 || size === 1) {
      const value = abs / size;
      const digits = value >= 99.95 || size === 1 ? 0 : value >= 9.995 ? 1 : 2;
      return `${sign}${value.toFixed(digits)} ${unit}`;
    }
  }
  return '0 ns';
}

function clock(ns: number): string {
  const seconds = Math.floor(ns / 1e9);
  const h = Math.floor(seconds / 3600);
  const m = Math.floor((seconds % 3600) / 60);
  const s = seconds % 60;
  const two = (n: number): string => String(n).padStart(2, '0');
  return h > 0 ? `${h}:${two(m)}:${two(s)} h` : `${m}:${two(s)} min`;
}

/**
 * A moment since the start of the recording, as precise as steps of `step` ns need: `12.5 s`, `12.345 678 s`, `3:07.25`.
 */
export function formatTime(t: number, step: number): string {
  const decimals = Math.min(Math.max(Math.ceil(-Math.log10(Math.max(step, 1) / 1e9) - 1e-9), 0), 9);
  const sign = t < 0 ? '-' : '';
  const scaled = (Math.abs(t) / 1e9).toFixed(decimals);
  const [whole = '0', fraction = ''] = scaled.split('.');
  const seconds = Number(whole);
  const tail = fraction === '' ? '' : `.${fraction.replace(/(\d{3})(?=\d)/g, '$1\u202f')}`;
  if (seconds < 60) return `${sign}${seconds}${tail} s`;
  return `${sign}${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}${tail}`;
}

export interface Tick {
  readonly t: number;
  readonly label: string;
}

/** Labelled moments at round steps (1, 2, 5 times a power of ten), at least `gap` pixels apart. */
export function ticks(view: Viewport, width: number, gap = 90): Tick[] {
  const least = ((view.to - view.from) / Math.max(width, 1)) * gap;
  const power = 10 ** Math.floor(Math.log10(least));
  const step = [1, 2, 5, 10].map((n) => n * power).find((candidate) => candidate >= least) ?? 10 * power;
  const found: Tick[] = [];
  for (let i = Math.max(Math.ceil(view.from / step), 0); i * step <= view.to && found.length < 200; i++) {
    found.push({ t: i * step, label: formatTime(i * step, step) });
  }
  return found;
}

/** A count for a narrow place: 999, 12.3k, 4.56M. */
export function formatCount(n: number): string {
  if (n < 1_000) return String(n);
  const [value, unit] = n < 1e6 ? [n / 1e3, 'k'] : n < 1e9 ? [n / 1e6, 'M'] : [n / 1e9, 'G'];
  return `${value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)}${unit}`;
}
