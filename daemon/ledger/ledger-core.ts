/**
 * The one commit point, without threads: commands in, one transaction, answers out. The worker
 * thread and the in-process client are shells around it.
 *
 * A command that makes `apply` fail is a mistake of ours and fails alone; a commit, or a read for
 * it, that the storage fails takes all that were in it along, and nothing of them is kept.
 */
import type { Clock } from '../../protocol/clock.ts';
import { TillgateError } from '../../protocol/errors.ts';
import { leafHash, hashesEqual } from '../../protocol/log/merkle.ts';
import { parseOrigin, sameGateway } from '../../protocol/log/origin.ts';
import { assert, must } from '../../protocol/must.ts';
import { apply } from './apply.ts';
import { applyReturned, type ReturnedOutcome } from './apply-returned.ts';
import type { Command } from './commands.ts';
import { EntryClockwork } from './entry-clock.ts';
import { openEpochIn, type EpochOpening } from './epoch.ts';
import type { EpochInfo, LedgerStore, LedgerView } from './ledger-port.ts';
import { readHeader, type Reply } from './reply.ts';
import type { ReturnedSlice } from './returned-entry.ts';
import { isStorageFailure } from './sqlite-failure.ts';

export interface LedgerCoreOptions {
  readonly clock: Clock;
  readonly bootId: string;
  readonly clockSource: string;
  readonly randomBytes: (count: number) => Uint8Array;
  /** The first epoch's origin; used only for a ledger without any. */
  readonly origin: string;
  /** What entry 0 of a new ledger says; `first` and nothing more without it. */
  readonly firstEpoch?: Pick<EpochOpening, 'reason' | 'members'>;
}

/** The answer to a command, or why there is none; then nothing of that command is kept. */
export type Outcome = Reply | TillgateError;

/** Entries at the end that are read again at the start: what the last commits wrote. */
const TAIL_ENTRIES = 64;

export class LedgerCore {
  readonly #store: LedgerStore;
  readonly #clockwork: EntryClockwork;

  /**
   * Reads the tip, no scan; opens the first epoch where there is none. Throws `LEDGER_DAMAGED` when
   * the tail is not as it was written, `LEDGER_ORIGIN_MISMATCH` for another gateway's ledger.
   */
  constructor(store: LedgerStore, options: LedgerCoreOptions) {
    this.#store = store;
    const tip = store.view.current();
    const last = tip === undefined ? undefined : lastLeaf(store.view, tip);
    const lastHlc = last === undefined ? undefined : readHeader(last)['hlc'];
    this.#clockwork = new EntryClockwork({
      clock: options.clock,
      bootId: options.bootId,
      source: options.clockSource,
      randomBytes: options.randomBytes,
      lastHlc: typeof lastHlc === 'string' ? lastHlc : undefined,
    });
    if (tip === undefined) {
      this.openEpoch({
        reason: 'first',
        members: {},
        ...options.firstEpoch,
        origin: options.origin,
      });
      return;
    }
    checkOwner(tip.origin, options.origin);
    checkTail(store.view, tip);
  }

  get view(): LedgerView {
    return this.#store.view;
  }

  tip(): EpochInfo {
    return must(this.#store.view.current(), 'a ledger has an epoch from its start');
  }

  /**
   * All commands in one transaction; one outcome each, in order. Throws `LEDGER_DISK_FULL` or
   * `LEDGER_IO` when nothing was kept.
   */
  run(commands: readonly Command[]): Outcome[] {
    const context = this.#clockwork.read();
    return this.#store.transact((transaction) =>
      commands.map((command) => {
        let applied;
        try {
          applied = apply(command, transaction, context);
        } catch (error) {
          if (isStorageFailure(error)) throw error;
          return asFailure(error);
        }
        transaction.write(applied.writes);
        return applied.reply;
      }),
    );
  }

  openEpoch(opening: EpochOpening): EpochInfo {
    const context = this.#clockwork.read();
    return this.#store.transact((transaction) => openEpochIn(transaction, opening, context));
  }

  /** Takes entries back that HQ sent; durable when it returns. Throws as `run` does. */
  restore(slice: ReturnedSlice): ReturnedOutcome {
    const context = this.#clockwork.read();
    return this.#store.transact((transaction) => applyReturned(slice, transaction, context));
  }

  close(): void {
    this.#store.close();
  }
}

function asFailure(error: unknown): TillgateError {
  if (error instanceof TillgateError) return error;
  const what = error instanceof Error ? error.message : String(error);
  return new TillgateError('INTERNAL', `A command could not be applied: ${what}`, { cause: error });
}

function lastLeaf(view: LedgerView, tip: EpochInfo): Uint8Array {
  assert(tip.size > 0, 'an epoch opens with its entry 0 in the same commit');
  const leaf = view.leaf({ epoch: tip.epoch, index: tip.size - 1 });
  return must(leaf, 'the last entry of the log can be read');
}

function checkOwner(held: string, configured: string): void {
  if (sameGateway(parseOrigin(held), parseOrigin(configured))) return;
  throw new TillgateError(
    'LEDGER_ORIGIN_MISMATCH',
    `The ledger belongs to ${held}, the configuration names ${configured}.`,
  );
}

function checkTail(view: LedgerView, tip: EpochInfo): void {
  for (let index = Math.max(0, tip.size - TAIL_ENTRIES); index < tip.size; index += 1) {
    const ref = { epoch: tip.epoch, index };
    const leaf = view.leaf(ref);
    const kept = view.leafHash(ref);
    if (leaf === undefined || kept === undefined || !hashesEqual(leafHash(leaf), kept)) {
      throw new TillgateError(
        'LEDGER_DAMAGED',
        `Entry ${index} of ${tip.origin} is not as it was written.`,
      );
    }
  }
}
