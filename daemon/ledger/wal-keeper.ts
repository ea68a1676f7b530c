/**
 * Decides when the write-ahead log is checkpointed and when the ledger has to wait for it. The log's
 * size is known exactly after each checkpoint and estimated from what was written since.
 *
 * Below the cap the checkpoints run beside the commits. Above it the ledger stops writing until one
 * of them reached the end, which lets the log start over. A reader that never ends its transaction
 * could hold that up for ever, so the wait is bounded: the cap gives way before a sale does.
 */
import type { Clock } from '../../protocol/clock.ts';
import type { FromCheckpoint } from './ledger-messages.ts';

/** Small enough for a short copy beside the sales, large enough to copy hot pages only once. */
const CHECKPOINT_EVERY_BYTES = 4 * 1024 * 1024;
/** A passive checkpoint of a log at its cap takes well under a second, also on slow flash. */
const WAIT_MS_MAX = 2_000;
/** On an idle system the log is copied even if it is short, so that a restart finds little. */
const WRITE_AMPLIFICATION = 4;

export interface WalKeeperOptions {
  readonly clock: Clock;
  readonly walBytesMax: number;
  readonly requestCheckpoint: () => void;
}

export class WalKeeper {
  readonly #options: WalKeeperOptions;
  /** After the last checkpoint; 0 when the log may start over. */
  #keptBytes = 0;
  #writtenBytes = 0;
  #isRunning = false;
  #waitingSinceMs: number | undefined;
  /** Where a wait that was given up may begin again. */
  #toleratedBytes = 0;

  constructor(options: WalKeeperOptions) {
    this.#options = options;
  }

  get walBytes(): number {
    return this.#keptBytes + this.#writtenBytes;
  }

  /** `leafBytes` were committed. */
  wrote(leafBytes: number): void {
    this.#writtenBytes += leafBytes * WRITE_AMPLIFICATION;
    if (this.#writtenBytes >= CHECKPOINT_EVERY_BYTES) this.#request();
  }

  /** Whether the ledger must not write now. */
  mustWait(): boolean {
    const { clock, walBytesMax } = this.#options;
    if (this.walBytes <= walBytesMax + this.#toleratedBytes) {
      this.#waitingSinceMs = undefined;
      return false;
    }
    this.#request();
    this.#waitingSinceMs ??= clock.monotonicMs();
    if (clock.monotonicMs() - this.#waitingSinceMs < WAIT_MS_MAX) return true;
    this.#waitingSinceMs = undefined;
    this.#toleratedBytes = this.walBytes;
    return false;
  }

  checkpointed(result: FromCheckpoint): void {
    this.#isRunning = false;
    if (result.type === 'failed') return;
    this.#writtenBytes = 0;
    this.#keptBytes = result.isComplete ? 0 : result.walBytes;
    if (result.isComplete) this.#toleratedBytes = 0;
  }

  #request(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#options.requestCheckpoint();
  }
}
