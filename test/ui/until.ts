/** Polls until `condition` gives something truthy, and returns that. Fails with `what` after `ms` milliseconds. */
export async function until<T>(what: string, condition: () => T | Promise<T>, ms = 8_000): Promise<NonNullable<T>> {
  const end = Date.now() + ms;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > end) throw new Error(`Waited ${ms} ms in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
