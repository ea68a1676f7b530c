/**
 * The receiving desk of headquarters, without a network: payloads and their topics come in, heads
 * go out. Each log has one queue, worked off in order; logs run beside each other, so that their
 * appends meet in one fsync. All queues together are bounded by bytes and each by items: what does
 * not fit is dropped and answered "busy", which costs the source a resend.
 */
import { passing, type Schedule } from '../../platform/schedule.ts';
import type { Clock } from '../../protocol/clock.ts';
import type { NoteSigner } from '../../protocol/log/note.ts';
import { assert, must } from '../../protocol/must.ts';
import { parseHqTopic, type GatewayPlace } from '../../protocol/replication/hq-topics.ts';
import { decodeMessage, encodeMessage } from '../../protocol/replication/messages.ts';
import type {
  ControlMessage,
  HeadMessage,
  RefusalReason,
  ReplicationMessage,
} from '../../protocol/replication/messages.ts';
import type { Custody, CustodyHead } from '../custody/custody.ts';
import { AdmissionDesk } from './admission-desk.ts';
import { EpochTeller, type EpochTellerOptions } from './epoch-teller.ts';
import { FetchDesk } from './fetch-desk.ts';
import { ForkTeller, type ForkTellerOptions } from './fork-teller.ts';
import { HeadMaker, keepSoon } from './head-maker.ts';
import { misplacement, takeTogether, workOff } from './lane-items.ts';
import type { Item } from './lane-items.ts';
import { Lanes, type Lane } from './lanes.ts';
import { LogIntake, type Reply } from './log-intake.ts';
import { topicDown } from './introduce.ts';
import { RefusalBook, type RefusalLog } from './refusal-book.ts';

export type IngestOptions = {
  custody: Custody;
  durable: NoteSigner;
  feedVkey: string;
  clock: Clock;
  schedule: Schedule;
  log: RefusalLog & { error(details: object, message: string): void };
  /** Sends to a gateway; losing it costs a resend. */
  send: (topic: string, payload: Uint8Array) => void;
  /** Called after each append that is durable, with the log's new size. */
  onKept?: (origin: string, size: number) => void;
  onForked?: ForkTellerOptions['onForked'];
  onShown?: EpochTellerOptions['onShown'];
  /** Judges what a gateway shows of HQ's own signing; gives why it counts for nothing. */
  onRegressed: (message: ControlMessage) => Promise<string | undefined>;
};

/** A gateway keeps a window of about a megabyte in flight. */
const QUEUE_ITEMS_MAX = 256;
/** Of all logs together: the memory that a thousand stores coming back at once may take. */
const QUEUE_BYTES_MAX = 128 * 1024 * 1024;
const BUSY_RETRY_MS = 5_000;

export class Ingest {
  readonly refusals: RefusalBook;
  readonly #options: IngestOptions;
  readonly #admissions: AdmissionDesk;
  readonly #heads: HeadMaker;
  readonly #fetches: FetchDesk;
  readonly #lanes = new Lanes();
  readonly #forks: ForkTeller;
  readonly #epochs: EpochTeller;
  readonly #running = new Set<Promise<void>>();
  #queuedBytes = 0;
  #entriesKept = 0;
  #ended = 0;
  #isStopped = false;

  constructor(options: IngestOptions) {
    this.#options = options;
    this.refusals = new RefusalBook(options.clock, options.log);
    this.#admissions = new AdmissionDesk(options.custody, options.feedVkey, options.clock);
    this.#heads = new HeadMaker(options.durable, options.clock);
    this.#fetches = new FetchDesk(options);
    this.#forks = new ForkTeller(options);
    this.#epochs = new EpochTeller({ ...options, cosigned: (head) => this.#cosigned(head) });
  }

  /** Entries made durable since the start. */
  get entriesKept(): number {
    return this.#entriesKept;
  }

  /** Runs of work that have not ended, and pieces of work that have: for the watchdog. */
  get work(): { underWay: number; ended: number } {
    return { underWay: this.#running.size, ended: this.#ended };
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Takes whatever came on the broker. Never throws; refusals are answered where they can be. */
  receive(topicText: string, payload: Uint8Array): void {
    if (this.#isStopped) return;
    const topic = parseHqTopic(topicText);
    if (topic === undefined || topic.direction === 'down') return;
    const decoded = decodeMessage(payload);
    if (!decoded.ok) {
      this.refusals.note(topicText, decoded.reason, decoded.detail);
      return;
    }
    const { message } = decoded;
    const misplaced = misplacement(topic, message);
    if (misplaced !== undefined) {
      this.refusals.note(message.origin, 'unadmitted', misplaced);
      this.#refuse(topic, message, 'unadmitted');
      return;
    }
    this.#enqueue(topic, message, payload.length);
  }

  /** Stops taking in, and resolves when what was begun is answered. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const lane of this.#lanes.all()) this.#drop(lane.items.splice(0));
    await Promise.all(this.#running);
  }

  #enqueue(place: GatewayPlace, message: ReplicationMessage, bytes: number): void {
    const lane = this.#lanes.of(message.origin);
    const isFull = lane.items.length >= QUEUE_ITEMS_MAX;
    if (isFull || this.#queuedBytes + bytes > QUEUE_BYTES_MAX) {
      this.refusals.note(message.origin, 'busy', 'too much waits to be made durable');
      this.#refuse(place, message, 'busy');
      return;
    }
    this.#queuedBytes += bytes;
    lane.items.push({ message, place, bytes });
    if (lane.isRunning) return;
    lane.isRunning = true;
    const run = this.#run(message.origin, lane).finally(() => {
      this.#running.delete(run);
    });
    this.#running.add(run);
  }

  async #run(origin: string, lane: Lane): Promise<void> {
    // A turn of the event loop lets what came in the same stretch of bytes share an append.
    await passing(this.#options.schedule, 0);
    for (;;) {
      const items = takeTogether(lane.items);
      const first = items[0];
      if (first === undefined) {
        // In the same turn as the look: what is queued from now on starts a run of its own.
        lane.isRunning = false;
        return;
      }
      this.#drop(items);
      try {
        await this.#handle(origin, lane, items);
      } catch (error) {
        // What is durable is custody's to know: start over from its head. The source sends again.
        lane.intake = undefined;
        const detail = error instanceof Error ? error.message : String(error);
        this.#options.log.error({ origin, error: detail }, 'a message could not be worked off');
        this.#refuse(first.place, first.message, 'busy');
      }
      this.#ended++;
    }
  }

  async #handle(origin: string, lane: Lane, items: readonly Item[]): Promise<void> {
    const { message, place } = must(items[0], 'there is an item');
    if (message.type === 'control') return this.#control(message, place);
    if (lane.intake === undefined && !(await this.#openLane(lane, message, place))) return;
    const intake = must(lane.intake, 'the lane is open');
    const sizeBefore = (await this.#options.custody.head(origin))?.size ?? 0;
    const reply = await workOff(intake, items);
    if (reply === undefined) return;
    if (reply.head.size > sizeBefore) {
      this.#entriesKept += reply.head.size - sizeBefore;
      this.#options.onKept?.(origin, reply.head.size);
      await this.#epochs.grew(place, origin, sizeBefore);
    }
    if (message.type === 'checkpoint') await this.#epochs.shown(place, origin, reply);
    this.#answer(place, reply);
  }

  /** An action of a later version is nothing to headquarters. */
  async #control(message: ControlMessage, place: GatewayPlace): Promise<void> {
    if (message.action === 'regressed') {
      const refused = await this.#options.onRegressed(message);
      if (refused !== undefined) this.refusals.note(message.origin, 'signature', refused);
    }
    if (message.action !== 'fetch') return;
    const reply = await this.#fetches.answer(message, ({ type, payload }) => {
      this.#options.send(topicDown(place, type), payload);
    });
    this.#answer(place, reply);
  }

  /** False when the log may not come in; the gateway has been told. */
  async #openLane(lane: Lane, message: ReplicationMessage, place: GatewayPlace): Promise<boolean> {
    const { origin } = message;
    const { custody, clock } = this.#options;
    if ((await custody.head(origin)) === undefined) {
      if (message.type !== 'checkpoint') {
        this.refusals.note(origin, 'unadmitted', 'headquarters does not know this log');
        this.#refuse(place, message, 'unadmitted');
        return false;
      }
      const considered = await this.#admissions.consider(message);
      if (considered.verdict === 'refused') {
        this.refusals.note(origin, considered.reason, considered.detail);
        this.#refuse(place, message, considered.reason);
        return false;
      }
      await this.#epochs.admitted(origin);
    }
    lane.intake = new LogIntake({ origin, custody, wallMs: () => clock.wallMs() });
    return true;
  }

  #answer(place: GatewayPlace, reply: Reply): void {
    const { head, round, reason, detail, missingBlobs } = reply;
    const { origin, size } = head;
    if (reason !== undefined) this.refusals.note(origin, reason, detail ?? '');
    this.#forks.answered(place, reply);
    const { incarnation } = this.#options.custody;
    this.#send(place, {
      ...{ type: 'head', origin, round, size, incarnation, note: this.#cosigned(head) },
      ...(reason !== undefined && { reason }),
      ...(reason === 'busy' && { retryAfterMs: BUSY_RETRY_MS }),
      ...(missingBlobs !== undefined && { missingBlobs }),
    });
  }

  #cosigned(head: CustodyHead): string {
    const { note, isNew } = this.#heads.cosigned(head);
    if (isNew) keepSoon(this.#options.custody, { ...head, note }, this.#options.log);
    return note;
  }

  #refuse(place: GatewayPlace, message: ReplicationMessage, reason: RefusalReason): void {
    const { origin, round } = message;
    const { incarnation } = this.#options.custody;
    const head = { type: 'head', origin, round, size: 0, incarnation, reason, note: '' } as const;
    this.#send(place, { ...head, ...(reason === 'busy' && { retryAfterMs: BUSY_RETRY_MS }) });
  }

  #send(place: GatewayPlace, head: HeadMessage): void {
    this.#options.send(topicDown(place, 'head'), encodeMessage(head));
  }

  #drop(items: readonly Item[]): void {
    for (const { bytes } of items) this.#queuedBytes -= bytes;
    assert(this.#queuedBytes >= 0, 'bytes leave the queue once');
  }
}
