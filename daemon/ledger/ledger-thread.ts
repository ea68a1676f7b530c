/**
 * The ledger's thread without its thread: gathers what arrives, commits all that waits in one
 * transaction, and only then answers. There is no timer in it: while one commit waits for the disk
 * the next batch gathers by itself, so the batches grow with the load (natural group commit).
 */
import type { Schedule } from '../../platform/schedule.ts';
import { TillgateError } from '../../protocol/errors.ts';
import { packAnswers, packError, type Settled } from './answer-pack.ts';
import {
  contentBytes,
  type Append,
  type Command,
  type JobCommand,
  type RightsCommand,
} from './commands.ts';
import type { EpochOpening } from './epoch.ts';
import type { LedgerCore, Outcome } from './ledger-core.ts';
import type { FromCheckpoint, FromLedger } from './ledger-messages.ts';
import type { ReturnedSlice } from './returned-entry.ts';
import type { SpaceReserve } from './space-reserve.ts';
import type { Ticketed } from './submission-pack.ts';
import type { WalKeeper } from './wal-keeper.ts';

/** Bounds how long the first of a batch waits for the last to be applied. */
const BATCH_ITEMS_MAX = 1_024;
const BATCH_BYTES_MAX = 8 * 1024 * 1024;
/** A header and its hashes are about half a kilobyte. */
const COMMAND_BYTES = 512;
/** How often a ledger that waits for its checkpoint looks whether it waited long enough. */
const WAIT_STEP_MS = 50;

export interface LedgerThreadOptions {
  readonly core: LedgerCore;
  readonly wal: Pick<WalKeeper, 'mustWait' | 'wrote' | 'walBytes' | 'checkpointed'>;
  readonly reserve: Pick<SpaceReserve, 'take' | 'release'>;
  readonly post: (message: FromLedger, transfer?: ArrayBuffer[]) => void;
  readonly schedule: Schedule;
}

interface Waiting {
  readonly ticket: number;
  readonly command: Command;
}

export class LedgerThread {
  readonly #options: LedgerThreadOptions;
  #waiting: Waiting[] = [];
  #isTurnComing = false;
  #cancelWait: (() => void) | undefined;
  #hasFailed = false;
  #onDrained: (() => void) | undefined;

  constructor(options: LedgerThreadOptions) {
    this.#options = options;
  }

  submissions(batch: readonly Ticketed[]): void {
    for (const { ticket, submission } of batch) this.#waiting.push({ ticket, command: submission });
    this.#schedule();
  }

  append(ticket: number, command: Append | JobCommand | RightsCommand): void {
    this.#waiting.push({ ticket, command });
    this.#schedule();
  }

  openEpoch(ticket: number, opening: EpochOpening): void {
    const { core, post } = this.#options;
    // What arrived before belongs to the epoch before.
    while (this.#waiting.length > 0 && !this.#hasFailed) this.#commit();
    let result;
    try {
      result = this.#withReserve(() => core.openEpoch(opening));
    } catch (error) {
      result = packError(this.#judgeFailure(error));
    }
    post({ type: 'done', ticket, result, tip: core.tip() });
  }

  /** Gives way to whatever waits: what HQ sends back is never urgent. */
  restore(ticket: number, slice: ReturnedSlice): void {
    const { core, wal, post } = this.#options;
    let result;
    try {
      if (this.#waiting.length > 0 || wal.mustWait()) throw busy();
      if (this.#hasFailed) throw new TillgateError('LEDGER_IO', 'The storage failed before.');
      result = core.restore(slice);
      wal.wrote(sliceBytes(slice));
    } catch (error) {
      // A slice that cannot be applied is a mistake of ours and stops the recovery, not the sales.
      const isSlices = error instanceof TillgateError && error.code !== 'LEDGER_IO';
      result = packError(isSlices ? error : this.#judgeFailure(error));
    }
    post({ type: 'done', ticket, result, tip: core.tip() });
  }

  checkpointed(result: FromCheckpoint): void {
    this.#options.wal.checkpointed(result);
    this.#schedule();
  }

  /** Runs `done` when all that arrived is answered. */
  drain(done: () => void): void {
    this.#onDrained = done;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isTurnComing) return;
    this.#isTurnComing = true;
    this.#options.schedule(() => {
      this.#isTurnComing = false;
      this.#step();
    }, 0);
  }

  #step(): void {
    this.#cancelWait?.();
    if (this.#waiting.length > 0) {
      if (this.#options.wal.mustWait()) {
        this.#cancelWait = this.#options.schedule(() => this.#step(), WAIT_STEP_MS);
        return;
      }
      this.#commit();
    }
    if (this.#waiting.length > 0) this.#schedule();
    else this.#onDrained?.();
  }

  #commit(): void {
    const { core, wal, post } = this.#options;
    const batch = this.#take();
    const outcomes = this.#run(batch.map(({ command }) => command));
    let bytes = 0;
    for (const { command } of batch) bytes += commandBytes(command);
    wal.wrote(bytes);
    const settled = batch.map(({ ticket }, position): Settled => ({
      ticket,
      outcome: outcomes[position] ?? new TillgateError('INTERNAL', 'A command got no answer.'),
    }));
    const tip = core.tip();
    const pack = packAnswers(settled, tip.origin);
    post({ type: 'answers', pack, tip, walBytes: wal.walBytes }, [pack.payloads]);
  }

  #run(commands: readonly Command[]): Outcome[] {
    const { core } = this.#options;
    try {
      if (this.#hasFailed) throw new TillgateError('LEDGER_IO', 'The storage failed before.');
      return core.run(commands);
    } catch (error) {
      const failure = this.#judgeFailure(error);
      if (failure.code !== 'LEDGER_DISK_FULL') return commands.map(() => failure);
      return commands.map((command) => (isOurs(command) ? this.#runFromReserve(command) : failure));
    }
  }

  #runFromReserve(command: Command): Outcome {
    try {
      const [outcome] = this.#withReserve(() => this.#options.core.run([command]));
      return outcome ?? new TillgateError('INTERNAL', 'A command got no answer.');
    } catch (error) {
      return this.#judgeFailure(error);
    }
  }

  #take(): Waiting[] {
    let bytes = 0;
    let count = 0;
    while (count < this.#waiting.length && count < BATCH_ITEMS_MAX && bytes < BATCH_BYTES_MAX) {
      const next = this.#waiting[count];
      if (next === undefined) break;
      bytes += commandBytes(next.command);
      count += 1;
    }
    if (count === this.#waiting.length) {
      const all = this.#waiting;
      this.#waiting = [];
      return all;
    }
    return this.#waiting.splice(0, count);
  }

  /** The gateway's own entries may use the space set aside; sales may not. */
  #withReserve<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      const isFull = error instanceof TillgateError && error.code === 'LEDGER_DISK_FULL';
      if (!isFull || !this.#options.reserve.release()) throw error;
      return work();
    }
  }

  #judgeFailure(error: unknown): TillgateError {
    const failure =
      error instanceof TillgateError
        ? error
        : new TillgateError('LEDGER_IO', `The ledger failed: ${String(error)}`, { cause: error });
    if (!failure.retryable && !this.#hasFailed) {
      this.#hasFailed = true;
      this.#options.post({ type: 'fatal', error: packError(failure) });
    }
    return failure;
  }
}

/** What a full disk must not keep from being written; sales and jobs are refused instead. */
function isOurs({ type }: Command): boolean {
  return type === 'append' || type === 'advanceJob';
}

function commandBytes(command: Command): number {
  return COMMAND_BYTES + contentBytes(command);
}

function sliceBytes({ entries }: ReturnedSlice): number {
  return entries.reduce(
    (sum, { leaf, blob }) => sum + COMMAND_BYTES + leaf.length + (blob?.bytes.length ?? 0),
    0,
  );
}

function busy(): TillgateError {
  const message = 'Not taken back: live sales come first.';
  return new TillgateError('LEDGER_BUSY', message, { retryable: true });
}
