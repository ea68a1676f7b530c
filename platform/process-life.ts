/** How long a process lives: until it is asked to stop, or until a part of it failed for good. */
export class ProcessLife {
  readonly #ended: Promise<void>;
  #fail: (error: unknown) => void = () => undefined;

  /** `stop` aborts when somebody wants the process to end. */
  constructor(stop: AbortSignal) {
    this.#ended = new Promise((resolve, reject) => {
      this.#fail = reject;
      if (stop.aborted) resolve();
      stop.addEventListener('abort', () => resolve(), { once: true });
    });
    // Whoever waits gets the failure; before that it must not count as unhandled.
    this.#ended.catch(() => undefined);
  }

  /** The first failure decides; later ones follow from it. */
  readonly failed = (error: unknown): void => {
    this.#fail(error);
  };

  /** Resolves on the wish to stop, rejects with the failure. */
  untilEnd(): Promise<void> {
    return this.#ended;
  }
}
