/** Lets somebody wait for the next thing that happens at a peripheral: a scan, a weight, a tag. */
import type { Json } from '../../protocol/json/json-value.ts';

export type HappenedEvent = Readonly<Record<string, Json>>;

export class EventWatch {
  readonly #waiting = new Map<string, Set<(event: HappenedEvent) => void>>();

  happened(peripheralId: string, event: HappenedEvent): void {
    const waiting = this.#waiting.get(peripheralId);
    this.#waiting.delete(peripheralId);
    for (const resolve of waiting ?? []) resolve(event);
  }

  /** Undefined when nothing happened before `late` resolves. */
  next(peripheralId: string, late: Promise<unknown>): Promise<HappenedEvent | undefined> {
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(peripheralId) ?? new Set();
      this.#waiting.set(peripheralId, waiting.add(resolve));
      void late.then(() => {
        waiting.delete(resolve);
        resolve(undefined);
      });
    });
  }
}
