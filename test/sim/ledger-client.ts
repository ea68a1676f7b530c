/**
 * The gateway's ledger as its main thread sees it: the real thread object, its messages passed on
 * in virtual time. Only the worker and its message port are left out.
 */
import type { TillgateError } from '../../protocol/errors.ts';
import type { Schedule } from '../../platform/schedule.ts';
import { unpackAnswers, unpackError } from '../../daemon/ledger/answer-pack.ts';
import type { Answer, Append, Submission } from '../../daemon/ledger/commands.ts';
import type { EpochOpening } from '../../daemon/ledger/epoch.ts';
import type { LedgerTip } from '../../daemon/ledger/ledger-client.ts';
import type { ReturnedOutcome } from '../../daemon/ledger/apply-returned.ts';
import type { ReturnedSlice } from '../../daemon/ledger/returned-entry.ts';
import type { LedgerCore } from '../../daemon/ledger/ledger-core.ts';
import type { FromLedger } from '../../daemon/ledger/ledger-messages.ts';
import type { EpochInfo } from '../../daemon/ledger/ledger-port.ts';
import { LedgerThread } from '../../daemon/ledger/ledger-thread.ts';

export type SimLedgerOptions = {
  core: LedgerCore;
  schedule: Schedule;
  onCommit: (tip: LedgerTip) => void;
  onFatal: (error: TillgateError) => void;
};

type Waiter = { resolve: (value: never) => void; reject: (error: TillgateError) => void };

/** The write-ahead log has no size in memory. */
const NO_WAL = {
  walBytes: 0,
  mustWait: () => false,
  wrote: () => undefined,
  checkpointed: () => undefined,
};

export class SimLedger {
  readonly #options: SimLedgerOptions;
  readonly #thread: LedgerThread;
  readonly #waiters = new Map<number, Waiter>();
  #tickets = 0;
  #tip: LedgerTip;

  constructor(options: SimLedgerOptions) {
    this.#options = options;
    const { core, schedule } = options;
    this.#tip = core.tip();
    const reserve = { take: () => undefined, release: () => false };
    this.#thread = new LedgerThread({
      ...{ core, wal: NO_WAL, reserve, schedule },
      post: (message) => {
        schedule(() => {
          this.#receive(message);
        }, 0);
      },
    });
  }

  get tip(): LedgerTip {
    return this.#tip;
  }

  submit(submission: Submission): Promise<Answer> {
    const { ticket, promise } = this.#ticket<Answer>();
    this.#thread.submissions([{ ticket, submission }]);
    return promise;
  }

  append(command: Append): Promise<Answer> {
    const { ticket, promise } = this.#ticket<Answer>();
    this.#thread.append(ticket, command);
    return promise;
  }

  openEpoch(opening: EpochOpening): Promise<EpochInfo> {
    const { ticket, promise } = this.#ticket<EpochInfo>();
    this.#thread.openEpoch(ticket, opening);
    return promise;
  }

  restore(slice: ReturnedSlice): Promise<ReturnedOutcome> {
    const { ticket, promise } = this.#ticket<ReturnedOutcome>();
    this.#thread.restore(ticket, slice);
    return promise;
  }

  #ticket<T>(): { ticket: number; promise: Promise<T> } {
    const ticket = this.#tickets++;
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.#waiters.set(ticket, { resolve, reject });
    return { ticket, promise };
  }

  #receive(message: FromLedger): void {
    switch (message.type) {
      case 'answers':
        this.#tip = message.tip;
        for (const settled of unpackAnswers(message.pack)) {
          if ('error' in settled) this.#settle(settled.ticket)?.reject(settled.error);
          else this.#settle(settled.ticket)?.resolve(settled.answer as never);
        }
        this.#options.onCommit(message.tip);
        return;
      case 'done': {
        this.#tip = message.tip;
        const { result } = message;
        if ('code' in result) this.#settle(message.ticket)?.reject(unpackError(result));
        else this.#settle(message.ticket)?.resolve(result as never);
        this.#options.onCommit(message.tip);
        return;
      }
      case 'fatal':
        this.#options.onFatal(unpackError(message.error));
        return;
      case 'ready':
      case 'failedToStart':
    }
  }

  #settle(ticket: number): Waiter | undefined {
    const waiter = this.#waiters.get(ticket);
    this.#waiters.delete(ticket);
    return waiter;
  }
}
