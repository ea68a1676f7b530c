/**
 * The broker's end of the thread of broker.db: gathers the changes of one turn of the event loop,
 * hands them over, and tells when they are durable. Nobody here waits for a disk.
 *
 * Full or nearly full: `isFull` (or `isLow`) says not to begin anything that needs storing; what was
 * written is kept and tried again until there is room.
 */
import { TillgateError } from '../../../protocol/errors.ts';
import type { Body, Change, StoredState } from './broker-changes.ts';
import type { FromState, StatePort } from './broker-state-messages.ts';
import { noRoom } from './no-room.ts';
import { startStateWorker } from './state-worker-port.ts';

export interface JournalOptions {
  path: string;
  /** The file failed while it was in use; the process has to end and read it again. */
  onFatal: (error: TillgateError) => void;
  /** The file could not be read and was put aside. */
  onSetAside: (message: string) => void;
}

interface Waiter {
  promise: Promise<void>;
  resolve: () => void;
  reject: (error: TillgateError) => void;
}

const DONE = Promise.resolve();

export class BrokerJournal {
  readonly #port: StatePort;
  readonly #ended: Promise<void>;
  readonly #options: JournalOptions;
  #changes: Change[] = [];
  #isScheduled = false;
  /** The batch that gathers now; what was handed over has lower numbers. */
  #batch = 1;
  readonly #waiters = new Map<number, Waiter>();
  readonly #reads = new Map<number, (bodies: Map<number, Body>) => void>();
  #nextTicket = 1;
  #durableBatch = 0;
  #isFull = false;
  #isLow = false;
  #isClosing = false;
  #failure: TillgateError | undefined;
  #onReady: { resolve: (state: StoredState) => void; reject: (error: unknown) => void } | undefined;

  private constructor(port: StatePort, options: JournalOptions) {
    this.#port = port;
    this.#options = options;
    this.#ended = new Promise((resolve) => port.onEnd(resolve));
    void this.#ended.then(() => this.#fail('its thread ended'));
  }

  /** Gives what the file holds, once the other end has read it. */
  static async open(
    options: JournalOptions,
    port: StatePort = startStateWorker(options.path),
  ): Promise<{ journal: BrokerJournal; state: StoredState }> {
    const journal = new BrokerJournal(port, options);
    const state = await new Promise<StoredState>((resolve, reject) => {
      journal.#onReady = { resolve, reject };
      port.listen((message) => journal.#receive(message));
    });
    return { journal, state };
  }

  /** Nothing can be stored now. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** There is little room left: no more messages. */
  get isLow(): boolean {
    return this.#isFull || this.#isLow;
  }

  write(...changes: Change[]): void {
    this.#changes.push(...changes);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => this.#handOver());
  }

  /** Resolves when everything written so far is on stable storage; rejects where it has no room. */
  durable(): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const batch = this.#changes.length > 0 ? this.#batch : this.#batch - 1;
    if (batch <= this.#durableBatch) return DONE;
    if (this.#isFull) return Promise.reject(noRoom('sessions'));
    return this.#waiterOf(batch).promise;
  }

  /** Bodies as far as they are on disk, by id. */
  readBodies(ids: number[]): Promise<Map<number, Body>> {
    this.#handOver();
    const ticket = this.#nextTicket++;
    this.#port.post({ type: 'read', ticket, ids });
    return new Promise((resolve) => this.#reads.set(ticket, resolve));
  }

  /** Writes what waits, as far as there is room. */
  async close(): Promise<void> {
    if (this.#isClosing) return;
    this.#handOver();
    this.#isClosing = true;
    if (this.#failure !== undefined) {
      this.#port.terminate();
      return;
    }
    this.#port.post({ type: 'close' });
    await this.#ended;
    this.#rejectAll(failureOf('the gateway is stopping'));
  }

  #handOver(): void {
    this.#isScheduled = false;
    if (this.#changes.length === 0 || this.#isClosing) return;
    this.#port.post({ type: 'changes', batch: this.#batch, changes: this.#changes });
    this.#changes = [];
    this.#batch += 1;
  }

  #waiterOf(batch: number): Waiter {
    const known = this.#waiters.get(batch);
    if (known !== undefined) return known;
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    // Some only want it written; whoever waits for it hears of the failure as well.
    promise.catch(() => undefined);
    const waiter: Waiter = {
      promise: promise as Promise<unknown> as Promise<void>,
      resolve: () => resolve(undefined),
      reject,
    };
    this.#waiters.set(batch, waiter);
    return waiter;
  }

  #receive(message: FromState): void {
    switch (message.type) {
      case 'durable':
        this.#isFull = false;
        this.#isLow = message.isLow;
        this.#durableBatch = message.batch;
        for (const [batch, waiter] of this.#waiters) {
          if (batch > message.batch) break;
          this.#waiters.delete(batch);
          waiter.resolve();
        }
        break;
      case 'full':
        this.#isFull = true;
        this.#rejectAll(noRoom('sessions'));
        break;
      case 'bodies':
        this.#reads.get(message.ticket)?.(message.bodies);
        this.#reads.delete(message.ticket);
        break;
      case 'failed':
        this.#fail(message.message);
        break;
      case 'ready':
        this.#ready(message);
    }
  }

  #ready({ state, aside }: FromState & { type: 'ready' }): void {
    if (aside !== undefined) {
      const { path } = this.#options;
      this.#options.onSetAside(
        `${path} could not be read (${aside.reason}) and was set aside as ${aside.path}; sessions begin anew.`,
      );
    }
    this.#onReady?.resolve(state);
    this.#onReady = undefined;
  }

  #rejectAll(error: TillgateError): void {
    const waiters = [...this.#waiters.values()];
    this.#waiters.clear();
    for (const waiter of waiters) waiter.reject(error);
    if (this.#failure === undefined && !this.#isClosing) return;
    for (const read of this.#reads.values()) read(new Map());
    this.#reads.clear();
  }

  #fail(reason: string): void {
    if (this.#failure !== undefined || this.#isClosing) return;
    this.#failure = failureOf(reason);
    this.#rejectAll(this.#failure);
    if (this.#onReady === undefined) this.#options.onFatal(this.#failure);
    else this.#onReady.reject(this.#failure);
  }
}

function failureOf(reason: string): TillgateError {
  return new TillgateError('BROKER_STATE_IO', `The broker's state failed: ${reason}`);
}
