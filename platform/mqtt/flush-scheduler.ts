/**
 * Runs many small jobs once at the end of the current turn of the event loop, with one immediate
 * for all of them. A job that comes while they run waits for the next turn, so none can starve I/O.
 */
export class FlushScheduler {
  #jobs: (() => void)[] = [];

  readonly schedule = (job: () => void): void => {
    this.#jobs.push(job);
    if (this.#jobs.length === 1) setImmediate(this.#run);
  };

  readonly #run = (): void => {
    const jobs = this.#jobs;
    this.#jobs = [];
    for (const job of jobs) job();
  };
}
