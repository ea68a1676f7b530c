/** The newest bodies in memory, so that what is sent or acknowledged soon is not read from disk. */
import type { Body } from './broker-changes.ts';

/** A few hundred messages of the usual size; what waits longer is on disk. */
const BYTES_MAX = 4 * 1024 * 1024;

export class BodyCache {
  readonly #bodies = new Map<number, Body>();
  #bytes = 0;

  get(id: number): Body | undefined {
    return this.#bodies.get(id);
  }

  put(id: number, body: Body): void {
    this.drop(id);
    this.#bodies.set(id, body);
    this.#bytes += body.payload.length;
    while (this.#bytes > BYTES_MAX) {
      const [oldest] = this.#bodies.keys();
      if (oldest === undefined) return;
      this.drop(oldest);
    }
  }

  drop(id: number): void {
    const body = this.#bodies.get(id);
    if (body === undefined) return;
    this.#bodies.delete(id);
    this.#bytes -= body.payload.length;
  }
}
