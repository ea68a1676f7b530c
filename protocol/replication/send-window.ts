/**
 * What is in flight: batches sent and not yet below the mirror's head. Bounded by count and bytes,
 * so that a slow link queues little and the receiver's memory is known beforehand.
 */

/** Enough to keep a link of 10 Mbit/s and 300 ms full with batches of 64 KiB. */
const IN_FLIGHT_BATCHES_MAX = 16;
/** One batch with its blobs may overshoot it; otherwise a large blob could never leave. */
const IN_FLIGHT_BYTES_MAX = 1024 * 1024;

export class SendWindow {
  #batches: { end: number; bytes: number }[] = [];
  #bytes = 0;

  get empty(): boolean {
    return this.#batches.length === 0;
  }

  get full(): boolean {
    return this.#batches.length >= IN_FLIGHT_BATCHES_MAX || this.#bytes >= IN_FLIGHT_BYTES_MAX;
  }

  sent(end: number, bytes: number): void {
    this.#batches.push({ end, bytes });
    this.#bytes += bytes;
  }

  /** The mirror holds everything below `size`. */
  acknowledged(size: number): void {
    this.#batches = this.#batches.filter((batch) => batch.end > size);
    this.#bytes = this.#batches.reduce((sum, batch) => sum + batch.bytes, 0);
  }

  clear(): void {
    this.#batches = [];
    this.#bytes = 0;
  }
}
