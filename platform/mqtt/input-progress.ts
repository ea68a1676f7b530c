/** When a client was last heard, for the deadlines of what it says. Times are monotonic, in ms. */
import type { Clock } from '../../protocol/clock.ts';

export class InputProgress {
  readonly #clock: Clock;
  readonly #openedAtMs: number;
  #lastPacketAtMs: number;
  #packetCount = 0;
  /** When the packet that is still incomplete began; undefined between packets. */
  #insideSinceMs: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#openedAtMs = clock.monotonicMs();
    this.#lastPacketAtMs = this.#openedAtMs;
  }

  /** The client could not be heard until now: its keep-alive starts afresh. */
  restart(): void {
    this.#lastPacketAtMs = this.#clock.monotonicMs();
  }

  /** What has been read by now: complete packets in all, and whether one has begun. */
  note(packetCount: number, isInsidePacket: boolean): void {
    const hasMoved = this.#packetCount !== packetCount;
    if (hasMoved) {
      this.#packetCount = packetCount;
      this.restart();
    }
    if (!isInsidePacket) this.#insideSinceMs = undefined;
    else if (hasMoved || this.#insideSinceMs === undefined)
      this.#insideSinceMs = this.#clock.monotonicMs();
  }

  /** How long ago things were. */
  since(nowMs: number): { sinceOpenedMs: number; sincePacketMs: number; insidePacketMs: number } {
    return {
      sinceOpenedMs: nowMs - this.#openedAtMs,
      sincePacketMs: nowMs - this.#lastPacketAtMs,
      insidePacketMs: nowMs - (this.#insideSinceMs ?? nowMs),
    };
  }
}
