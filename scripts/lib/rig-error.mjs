/**
 * The one error class of the VS Code rig: its message is a complete sentence for the person at the terminal, so
 * callers print `message` without a stack. Anything else that is thrown is a bug.
 */
export class RigError extends Error {
  /**
   * @param {string} message one sentence: what is wrong and what to do
   * @param {{ cause?: unknown }} [options]
   */
  constructor(message, options) {
    super(message, options);
    this.name = 'RigError';
  }
}
