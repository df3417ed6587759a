export type Delivery = (stop: AbortSignal) => Promise<void>;

/**
 * Performs deliveries in the order they came, a few at a time. Bounded: when deliveries come faster than they can be
 * made for long, the oldest waiting ones are dropped, and counted.
 */
export class DeliveryQueue {
  private readonly waiting: Delivery[] = [];
  private readonly underWay = new Map<AbortController, Promise<void>>();
  private droppedCount = 0;

  constructor(
    private readonly atOnce: number,
    private readonly most: number,
    private readonly failed: (error: unknown) => void,
  ) {}

  get counts(): { waiting: number; underWay: number; dropped: number } {
    return { waiting: this.waiting.length, underWay: this.underWay.size, dropped: this.droppedCount };
  }

  add(delivery: Delivery): void {
    this.waiting.push(delivery);
    if (this.waiting.length > this.most) {
      this.waiting.shift();
      this.droppedCount += 1;
    }
    this.next();
  }

  /** Waits up to `limitMs` for what is queued, then ends what is under way and drops the rest. */
  async close(limitMs: number): Promise<void> {
    const timer = setTimeout(() => {
      this.droppedCount += this.waiting.splice(0).length;
      for (const controller of this.underWay.keys()) controller.abort(new Error('TaskFlow is ending'));
    }, limitMs);
    while (this.underWay.size > 0) await Promise.all(this.underWay.values());
    clearTimeout(timer);
  }

  private next(): void {
    while (this.underWay.size < this.atOnce) {
      const delivery = this.waiting.shift();
      if (!delivery) return;
      const controller = new AbortController();
      const done = delivery(controller.signal)
        .catch(this.failed)
        .finally(() => {
          this.underWay.delete(controller);
          this.next();
        });
      this.underWay.set(controller, done);
    }
  }
}
