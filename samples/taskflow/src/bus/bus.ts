/**
 * Carries messages to whoever listens to a topic, in this process and, with some implementations, in others. A message
 * is JSON. It arrives at most once, and messages of one process arrive in the order in which they were published.
 */
export interface Bus {
  publish(topic: string, message: unknown): Promise<void>;
  /** Returns the function that ends the subscription. */
  subscribe(topic: string, listener: (message: unknown) => void): () => void;
  close(): Promise<void>;
}
