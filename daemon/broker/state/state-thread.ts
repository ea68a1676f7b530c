/**
 * The thread of broker.db without its thread: all changes that wait become one transaction and are
 * answered together (natural group commit). A full disk keeps what waits and is tried again at a
 * steady pace; damage sets the file aside; both are told. Any other failure ends the process, for
 * after a write or fsync that failed nobody knows what is durable: the next start reads it again.
 */
import type { BrokerDatabase } from './broker-database.ts';
import { isDamage, isFull } from './broker-database.ts';
import type { Body, Change } from './broker-changes.ts';
import type { FromState } from './broker-state-messages.ts';

/** Sales are refused last: below this room is left to the ledger. */
export const FREE_BYTES_MIN = 32 * 1024 * 1024;
/** Somebody is deleting files; nobody notices a second. */
const RETRY_MS = 1_000;
/** Bounds how long the first of a batch waits for the last; a larger one gains nothing. */
const BATCH_CHANGES_MAX = 8_192;

export interface StateThreadOptions {
  /** Makes the file that could not be made at the start; throws while there is no place for it. */
  open: () => BrokerDatabase;
  setAside: () => string;
  post: (message: FromState) => void;
}

export class StateThread {
  readonly #options: StateThreadOptions;
  #database: BrokerDatabase | undefined;
  #waiting: { batch: number; changes: readonly Change[] }[] = [];
  #reads: { ticket: number; ids: readonly number[] }[] = [];
  #turn: NodeJS.Immediate | undefined;
  #retry: NodeJS.Timeout | undefined;
  #lastBatch = 0;
  #hasFailed = false;
  #onDrained: (() => void) | undefined;

  constructor(options: StateThreadOptions, database: BrokerDatabase | undefined) {
    this.#options = options;
    this.#database = database;
    if (database === undefined) this.#full();
  }

  changes(batch: number, changes: readonly Change[]): void {
    this.#waiting.push({ batch, changes });
    this.#schedule();
  }

  read(ticket: number, ids: readonly number[]): void {
    this.#reads.push({ ticket, ids });
    this.#schedule();
  }

  /** Runs `done` when all that can be written is written. */
  drain(done: () => void): void {
    this.#onDrained = done;
    this.#schedule();
  }

  close(): void {
    clearTimeout(this.#retry);
    this.#database?.close();
  }

  #schedule(): void {
    this.#turn ??= setImmediate(() => {
      this.#turn = undefined;
      this.#step();
    });
  }

  #step(): void {
    if (!this.#hasPlace()) return;
    const isWritten = this.#guarded(() => this.#commit());
    if (this.#hasFailed) {
      this.#onDrained?.();
      return;
    }
    this.#guarded(() => this.#answerReads());
    if (isWritten && this.#waiting.length > 0) this.#schedule();
    else if (this.#onDrained !== undefined) this.#onDrained();
    else if (isWritten) this.#guarded(() => this.#database?.shrink() === true && this.#schedule());
  }

  /** Without a file nothing can be stored, for whatever reason; it is tried again. */
  #hasPlace(): boolean {
    if (this.#database !== undefined) return true;
    try {
      this.#database = this.#options.open();
      this.#tellDurable();
      return true;
    } catch {
      // Told as what it means for the broker: nothing can be stored now.
      this.#full();
      this.#answerReads();
      this.#onDrained?.();
      return false;
    }
  }

  #commit(): void {
    if (this.#waiting.length === 0) return;
    let count = 0;
    let changes = 0;
    for (const waiting of this.#waiting) {
      if (count > 0 && changes + waiting.changes.length > BATCH_CHANGES_MAX) break;
      changes += waiting.changes.length;
      count += 1;
    }
    const batch = this.#waiting.slice(0, count);
    this.#database?.apply(batch.flatMap((waiting) => waiting.changes));
    this.#waiting.splice(0, count);
    this.#lastBatch = batch.at(-1)?.batch ?? this.#lastBatch;
    this.#tellDurable();
  }

  #tellDurable(): void {
    const isLow = (this.#database?.freeBytes ?? 0) < FREE_BYTES_MIN;
    if (isLow) this.#tryLater();
    this.#options.post({ type: 'durable', batch: this.#lastBatch, isLow });
  }

  #answerReads(): void {
    for (let read = this.#reads.shift(); read !== undefined; read = this.#reads.shift()) {
      const bodies = this.#database?.readBodies(read.ids) ?? new Map<number, Body>();
      this.#options.post({ type: 'bodies', ticket: read.ticket, bodies });
    }
  }

  /** True when `work` was done. */
  #guarded(work: () => unknown): boolean {
    try {
      work();
      return true;
    } catch (error) {
      if (isFull(error)) this.#full();
      else this.#failed(error);
      return false;
    }
  }

  #full(): void {
    this.#options.post({ type: 'full' });
    this.#tryLater();
  }

  #tryLater(): void {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => {
      if (this.#waiting.length > 0 || this.#database === undefined) this.#schedule();
      else this.#guarded(() => this.#tellDurable());
    }, RETRY_MS);
  }

  #failed(error: unknown): void {
    this.#hasFailed = true;
    let message = error instanceof Error ? error.message : String(error);
    if (isDamage(error)) {
      this.#database?.close();
      this.#database = undefined;
      message += `; it was set aside as ${this.#options.setAside()}`;
    }
    this.#options.post({ type: 'failed', message });
  }
}
