/** One kind of notification: `listen` gives its own undo; a listener that throws never stops the next. */
export class Signal<T> {
  private readonly listeners = new Set<(value: T) => void>();

  listen(listener: (value: T) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  emit(value: T): void {
    for (const listener of [...this.listeners]) {
      try {
        listener(value);
      } catch (error) {
        // A bug in a listener: visible, but not at the cost of the others or of the recording.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
