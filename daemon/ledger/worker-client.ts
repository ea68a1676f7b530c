/**
 * The main thread's end of the ledger's thread: gives out tickets, queues what comes directly,
 * turns answers into promises and tells what was committed.
 */
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { MessageChannel } from 'node:worker_threads';
import { TillgateError } from '../../protocol/errors.ts';
import { unpackAnswers, unpackError } from './answer-pack.ts';
import { contentBytes } from './commands.ts';
import type { Answer, Append, Command, JobCommand, Submission } from './commands.ts';
import type { EpochOpening } from './epoch.ts';
import type {
  LedgerClient,
  LedgerLane,
  LedgerOptions,
  LedgerStatus,
  LedgerTip,
} from './ledger-client.ts';
import type { FromLedger, ToLedger } from './ledger-messages.ts';
import type { ReturnedOutcome } from './apply-returned.ts';
import { jobIn, rightsIn, type JobAnswer } from './job-answer.ts';
import type { EpochInfo } from './ledger-port.ts';
import type { ReturnedSlice } from './returned-entry.ts';
import { sendCommands, type TicketedCommand } from './send-commands.ts';
import { freeBytes } from './space-reserve.ts';
import { LEDGER_FILE } from './sqlite-schema.ts';
import { WaitingQueue } from './waiting-queue.ts';

/** DESIGN section 6: what was not handed over after this time is answered `LEDGER_BUSY`. */
const WAIT_MS_MAX = 2_000;
/** Two full commits: one that is being written and one that gathers behind it. */
const WINDOW_ITEMS = 2_048;
const WINDOW_BYTES = 16 * 1024 * 1024;
const QUEUE_ITEMS_MAX = 20_000;
const QUEUE_BYTES_MAX = 64 * 1024 * 1024;
/** sysexits EX_SOFTWARE: the supervisor starts the daemon again, which reads the tail. */
const EXIT_INTERNAL = 70;

/** Lanes have a queue and a window of their own. */
const OVER_LANE = -1;

interface Pending<Value> {
  resolve(value: Value): void;
  reject(error: TillgateError): void;
  /** Given back to the queue's window; −1 for what came over a lane. */
  readonly windowBytes: number;
}

export class WorkerClient implements LedgerClient {
  readonly #options: LedgerOptions;
  readonly #worker: Worker;
  readonly #queue: WaitingQueue<TicketedCommand>;
  readonly #answers = new Map<number, Pending<Answer>>();
  /** Openings of epochs, and what is taken back from HQ. */
  readonly #asked = new Map<number, Pending<EpochInfo | ReturnedOutcome>>();
  readonly #listeners = new Set<(tip: LedgerTip) => void>();
  #tip: EpochInfo;
  #walBytes = 0;
  #diskFull = false;
  #nextTicket = 1;
  #failure: TillgateError | undefined;
  #isClosing = false;

  constructor(worker: Worker, ready: { tip: EpochInfo }, options: LedgerOptions) {
    this.#worker = worker;
    this.#options = options;
    this.#tip = ready.tip;
    this.#queue = new WaitingQueue<TicketedCommand>({
      clock: options.clock,
      itemsMax: options.queueItemsMax ?? QUEUE_ITEMS_MAX,
      bytesMax: options.queueBytesMax ?? QUEUE_BYTES_MAX,
      windowItems: WINDOW_ITEMS,
      windowBytes: WINDOW_BYTES,
      waitMsMax: WAIT_MS_MAX,
      handOver: (batch) => sendCommands(worker, batch),
      giveBack: ({ ticket }, error) => this.#settle(ticket)?.reject(error),
    });
    let cause: unknown;
    worker.on('message', (message: FromLedger) => this.#receive(message));
    worker.on('error', (error) => {
      cause = error;
    });
    worker.on('exit', () => {
      if (this.#isClosing) return;
      this.#fail(new TillgateError('LEDGER_WORKER_LOST', 'The ledger thread ended.', { cause }));
    });
  }

  get tip(): LedgerTip {
    return this.#tip;
  }

  submit(submission: Submission): Promise<Answer> {
    return this.#enqueue(submission);
  }

  append(command: Append): Promise<Answer> {
    return this.#enqueue(command);
  }

  async job(command: JobCommand): Promise<JobAnswer> {
    return jobIn(await this.#enqueue(command));
  }

  rights: LedgerClient['rights'] = async (command) => rightsIn(await this.#enqueue(command));

  openEpoch(opening: EpochOpening): Promise<EpochInfo> {
    return this.#ask((ticket) => ({ type: 'openEpoch', ticket, opening })) as Promise<EpochInfo>;
  }

  restore(slice: ReturnedSlice): Promise<ReturnedOutcome> {
    const asked = this.#ask((ticket) => ({ type: 'restore', ticket, slice }));
    return asked as Promise<ReturnedOutcome>;
  }

  openLane(): LedgerLane {
    const { port1, port2 } = new MessageChannel();
    this.#worker.postMessage({ type: 'lane', port: port2 } satisfies ToLedger, [port2]);
    return {
      port: port1,
      expect: () => {
        const ticket = this.#nextTicket++;
        return { ticket, answer: this.#promise(ticket, OVER_LANE) };
      },
      forget: (ticket, error) => this.#settle(ticket)?.reject(error),
    };
  }

  onCommit(listener: (tip: LedgerTip) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  status(): LedgerStatus {
    return {
      tip: this.#tip,
      waitingItems: this.#queue.waitingItems,
      waitingBytes: this.#queue.waitingBytes,
      inFlightItems: this.#answers.size - this.#queue.waitingItems,
      walBytes: this.#walBytes,
      diskFull: this.#diskFull,
      freeBytes: freeBytes(join(this.#options.dataDir, LEDGER_FILE)),
    };
  }

  async close(): Promise<void> {
    if (this.#isClosing) return;
    this.#isClosing = true;
    if (this.#failure === undefined) {
      const exited = new Promise((resolve) => this.#worker.once('exit', resolve));
      this.#queue.flush();
      this.#worker.postMessage({ type: 'close' } satisfies ToLedger);
      await exited;
    } else {
      await this.#worker.terminate();
    }
    this.#failure ??= new TillgateError('LEDGER_BUSY', 'The gateway is stopping.', {
      retryable: true,
    });
    this.#rejectAll(this.#failure);
  }

  #enqueue(command: Command): Promise<Answer> {
    const bytes = contentBytes(command);
    const ticket = this.#nextTicket++;
    const answer = this.#promise(ticket, bytes);
    if (this.#failure !== undefined) this.#settle(ticket)?.reject(this.#failure);
    else this.#queue.push({ ticket, command }, bytes);
    return answer;
  }

  #receive(message: FromLedger): void {
    switch (message.type) {
      case 'answers':
        this.#walBytes = message.walBytes;
        this.#committed(message.tip);
        this.#diskFull = message.pack.failures.some(([, { code }]) => code === 'LEDGER_DISK_FULL');
        for (const unpacked of unpackAnswers(message.pack)) {
          const pending = this.#settle(unpacked.ticket);
          if (pending === undefined) continue;
          if (pending.windowBytes !== OVER_LANE) this.#queue.settled(pending.windowBytes);
          if ('error' in unpacked) pending.reject(unpacked.error);
          else pending.resolve(unpacked.answer);
        }
        break;
      case 'done': {
        const pending = this.#asked.get(message.ticket);
        this.#asked.delete(message.ticket);
        this.#committed(message.tip);
        if ('code' in message.result) pending?.reject(unpackError(message.result));
        else pending?.resolve(message.result);
        break;
      }
      case 'fatal':
        this.#fail(unpackError(message.error));
        break;
      case 'ready':
      case 'failedToStart':
        break;
    }
  }

  #committed(tip: EpochInfo): void {
    const isNew = tip.size !== this.#tip.size || tip.epoch !== this.#tip.epoch;
    this.#tip = tip;
    if (isNew) for (const listener of this.#listeners) listener(tip);
  }

  /** The answers of a failed commit come after the message that it failed: both are let through. */
  #fail(error: TillgateError): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#queue.fail(error);
    setImmediate(() => {
      this.#rejectAll(error);
      this.#options.onFatal(error, EXIT_INTERNAL);
    });
  }

  #rejectAll(error: TillgateError): void {
    for (const ticket of [...this.#answers.keys()]) this.#settle(ticket)?.reject(error);
    for (const pending of this.#asked.values()) pending.reject(error);
    this.#asked.clear();
  }

  #ask(message: (ticket: number) => ToLedger): Promise<EpochInfo | ReturnedOutcome> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure);
        return;
      }
      const ticket = this.#nextTicket++;
      this.#asked.set(ticket, { resolve, reject, windowBytes: OVER_LANE });
      this.#worker.postMessage(message(ticket));
    });
  }

  #promise(ticket: number, windowBytes: number): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#answers.set(ticket, { resolve, reject, windowBytes });
    });
  }

  #settle(ticket: number): Pending<Answer> | undefined {
    const pending = this.#answers.get(ticket);
    this.#answers.delete(ticket);
    return pending;
  }
}
