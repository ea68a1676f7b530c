/**
 * The only time there is in a run. What is due happens in order of its time, and of its scheduling
 * where times are equal. After each event every promise that can go on has gone on before the next
 * one begins, so a run is one sequence, whatever the machine does meanwhile.
 */
interface Due {
  readonly atMs: number;
  readonly order: number;
  readonly callback: () => void;
  isOff: boolean;
}

export class VirtualTime {
  #nowMs = 0;
  #order = 0;
  #events = 0;
  /** A heap by time and order. */
  readonly #due: Due[] = [];

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Events that happened. */
  get events(): number {
    return this.#events;
  }

  /** Returns the way to call it off. */
  after(delayMs: number, callback: () => void): () => void {
    const due: Due = {
      ...{ atMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++ },
      ...{ callback, isOff: false },
    };
    this.#push(due);
    return () => {
      due.isOff = true;
    };
  }

  /** Lets everything happen up to `endMs`, or until `isDone` after some event. */
  async run(endMs: number, isDone: () => boolean = () => false): Promise<void> {
    for (;;) {
      const next = this.#due[0];
      if (next === undefined || next.atMs > endMs) break;
      this.#pop();
      if (next.isOff) continue;
      this.#nowMs = next.atMs;
      this.#events += 1;
      next.callback();
      await promisesGoneOn();
      if (isDone()) return;
    }
    this.#nowMs = Math.max(this.#nowMs, endMs);
  }

  #push(due: Due): void {
    const heap = this.#due;
    let at = heap.length;
    heap.push(due);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || !isBefore(due, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = due;
  }

  #pop(): void {
    const heap = this.#due;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      let child = heap[left];
      if (child === undefined) break;
      const right = heap[left + 1];
      const goesRight = right !== undefined && isBefore(right, child);
      if (goesRight) child = right;
      if (!isBefore(child, last)) break;
      heap[at] = child;
      at = goesRight ? left + 1 : left;
    }
    heap[at] = last;
  }
}

function isBefore(a: Due, b: Due): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

/** Node runs all of its promises before the next round of its event loop. */
function promisesGoneOn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
