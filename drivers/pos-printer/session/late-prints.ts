/** Tells when the printer confirms a job after all that had to be given up as `unknown`. */
import type { EffectList } from './effect-list.ts';

/** Confirmations later than this many unknown jobs are of no use to anybody. */
const KEPT_MAX = 16;

export class LatePrints {
  readonly #out: EffectList;
  readonly #expected = new Map<string, string>();

  constructor(out: EffectList) {
    this.#out = out;
  }

  expect(processId: string, jobId: string): void {
    this.#expected.set(processId, jobId);
    for (const oldest of this.#expected.keys()) {
      if (this.#expected.size <= KEPT_MAX) return;
      this.#expected.delete(oldest);
    }
  }

  take(processId: string): void {
    const jobId = this.#expected.get(processId);
    if (jobId === undefined) return;
    this.#expected.delete(processId);
    this.#out.add({ type: 'event', event: { type: 'printConfirmedLate', jobId } });
  }
}
