/** Polls `ask` until its answer is truthy and gives that answer; an error that says what was waited for after `ms`. */
export async function until<T>(
  what: string,
  ask: () => T | Promise<T>,
  ms = 10_000,
): Promise<Exclude<T, null | undefined | false | 0 | ''>> {
  const deadline = Date.now() + ms;
  for (;;) {
    const answer = await ask();
    if (answer) return answer as Exclude<T, null | undefined | false | 0 | ''>;
    if (Date.now() > deadline) throw new Error(`waited ${ms} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
