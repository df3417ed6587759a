import { type Browser, chromium } from 'playwright-core';

const FLAGS =
  '--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync';

/** The Chromium of this machine, without a window. */
export function launchChromium(): Promise<Browser> {
  const executablePath = process.env.NODESCOPE_CHROMIUM ?? '/usr/bin/chromium';
  return chromium.launch({ executablePath, headless: true, args: FLAGS.split(' ') });
}
