/**
 * What time it is by headquarters: the newest time of it that the log holds, and what went by since, by
 * a clock that nobody sets. Before the log has learnt one since this process began it is the machine's
 * own time, or headquarters' newest if that is later: a clock that was lost does not keep goods for ever.
 */
import type { Clock } from '../../protocol/clock.ts';
import type { LedgerReader } from '../ledger/reader.ts';

export class HqTime {
  readonly #clock: Clock;
  readonly #reader: Pick<LedgerReader, 'epochs' | 'anchors'>;
  /** In the log when the process began. */
  readonly #firstSeconds: number;
  #learnt: { seconds: number; atMs: number } | undefined;

  constructor(clock: Clock, reader: Pick<LedgerReader, 'epochs' | 'anchors'>) {
    this.#clock = clock;
    this.#reader = reader;
    this.#firstSeconds = this.#newestSeconds();
  }

  nowMs(): number {
    const seconds = this.#newestSeconds();
    if (seconds > (this.#learnt?.seconds ?? this.#firstSeconds)) {
      this.#learnt = { seconds, atMs: this.#clock.monotonicMs() };
    }
    if (this.#learnt === undefined) return Math.max(seconds * 1_000, this.#clock.wallMs());
    const { seconds: learnt, atMs } = this.#learnt;
    return learnt * 1_000 + (this.#clock.monotonicMs() - atMs);
  }

  /** 0 while headquarters was never heard. */
  #newestSeconds(): number {
    for (const { epoch, size } of [...this.#reader.epochs()].reverse()) {
      const anchor = this.#reader.anchors.below({ epoch, index: size });
      if (anchor !== undefined) return anchor.timeSeconds;
    }
    return 0;
  }
}
