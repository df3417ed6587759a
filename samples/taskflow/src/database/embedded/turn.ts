/** First come, first served: one holder at a time, the others wait in the order in which they asked. */
export class Turn {
  private last: Promise<void> = Promise.resolve();

  /** Resolves when it is the caller's turn; call the returned function once to pass it on. */
  async take(): Promise<() => void> {
    const before = this.last;
    let pass: () => void = () => {};
    this.last = new Promise((resolve) => {
      pass = resolve;
    });
    await before;
    return pass;
  }
}
