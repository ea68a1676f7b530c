/**
 * One feed on its way to one gateway: the source of the replication, with custody behind it. The
 * gateway is the mirror: it appends durably and answers with a head that its own key cosigned, and
 * sending goes on from there; whatever is lost costs a resend.
 *
 * Everything goes through one queue, because custody answers later and the source must not change
 * between its question and the answer. Relies on the caller for who the gateway is and for its keys.
 */
import type { Schedule } from '../../platform/schedule.ts';
import type { Clock } from '../../protocol/clock.ts';
import { formatCheckpoint } from '../../protocol/log/checkpoint.ts';
import { EMPTY_ROOT } from '../../protocol/log/merkle.ts';
import { signNote } from '../../protocol/log/note.ts';
import type { NoteSigner } from '../../protocol/log/note.ts';
import { must } from '../../protocol/must.ts';
import { openHead } from '../../protocol/replication/head.ts';
import { encodeMessage } from '../../protocol/replication/messages.ts';
import type { HeadMessage, MessageType } from '../../protocol/replication/messages.ts';
import { Source } from '../../protocol/replication/source.ts';
import type { SourceAction } from '../../protocol/replication/source.ts';
import type { CustodyReader } from '../custody/custody.ts';
import { heldRootAt } from '../custody/merkle-reads.ts';
import type { BatchCache } from './batch-cache.ts';
import type { KeptSnapshot } from './snapshot-keeper.ts';

export type FeedLaneOptions = {
  origin: string;
  size: number;
  custody: CustodyReader;
  /** Signs as the feed. */
  signer: NoteSigner;
  /** By which the gateway may cosign. */
  gatewayVkeys: readonly string[];
  clock: Clock;
  schedule: Schedule;
  random: () => number;
  /** Batches of all lanes. */
  batches: BatchCache;
  /** The snapshot by which a gateway that holds so many entries gets there sooner; none where it reads none. */
  snapshotFor: (size: number) => KeptSnapshot | undefined;
  send: (type: MessageType, payload: Uint8Array) => void;
  /** The gateway says something that cannot be; a sentence. */
  onTrouble: (message: string) => void;
};

const FIRST_ROUND_LIMIT = 2 ** 40;
const UNLIMITED = { maxBytesPerSecond: 0, maxEntriesPerSecond: 0 };

export class FeedLane {
  readonly origin: string;
  readonly #options: FeedLaneOptions;
  readonly #source: Source;
  #turn: Promise<void> = Promise.resolve();
  #cancelTimer: (() => void) | undefined;
  #isClosed = false;
  /** When the gateway was last heard of, on the monotonic clock. */
  heardMs: number;

  constructor(options: FeedLaneOptions) {
    const { origin, size, random, clock } = options;
    this.origin = origin;
    this.#options = options;
    this.heardMs = clock.monotonicMs();
    this.#source = new Source({
      ...{ committedSize: size, acknowledgedSize: 0, random, limits: UNLIMITED },
      firstRound: Math.floor(random() * FIRST_ROUND_LIMIT),
      rootAt: (at) =>
        must(this.#roots.get(at), 'the root was read before the head was handed over'),
    });
  }

  readonly #roots = new Map<number, Uint8Array>([[0, EMPTY_ROOT]]);

  /** Entries that the gateway is known to hold. */
  get acknowledgedSize(): number {
    return this.#source.acknowledgedSize;
  }

  get committedSize(): number {
    return this.#source.committedSize;
  }

  /** The gateway is there, or there anew: asks it for its head. */
  start(): void {
    this.#run(() => {
      this.#source.disconnected();
      this.#source.connected(this.#now());
    });
  }

  /** The feed has `size` entries, all durable. */
  committed(size: number): void {
    this.#run(() => {
      if (size > this.#source.committedSize) this.#source.committed(size, this.#now());
    });
  }

  /** Takes the gateway's answer. */
  head(message: HeadMessage): void {
    this.#run(async () => {
      const opened = openHead(message, this.#options.gatewayVkeys);
      if (!opened.ok) {
        this.#options.onTrouble(`A head of ${this.origin} was refused: ${opened.detail}.`);
        return;
      }
      this.heardMs = this.#now();
      const { signed } = opened;
      if (signed !== undefined && this.#offers(signed.size)) return;
      if (signed !== undefined) await this.#readRoot(signed.size);
      for (const event of this.#source.head({ ...message, signed }, this.#now())) {
        if (event.type === 'fork' || event.type === 'behind') {
          this.#options.onTrouble(
            `A gateway holds a feed ${this.origin} of ${event.head.size} entries that is not ours.`,
          );
        }
        if (event.type === 'refused') {
          this.#options.onTrouble(`A gateway refused entries of ${this.origin}: ${event.reason}.`);
        }
      }
    });
  }

  /** The gateway is heard of in other ways than by heads. */
  heard(): void {
    this.heardMs = this.#now();
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelTimer?.();
  }

  /** Resolves when everything that was begun is done. */
  settled(): Promise<void> {
    return this.#turn;
  }

  #run(work: () => void | Promise<void>): void {
    this.#turn = this.#turn
      .then(async () => {
        if (this.#isClosed) return;
        await work();
        await this.#pump();
      })
      .catch((error: unknown) => {
        // Custody failed; the process ends by that, and if not the gateway asks again.
        const reason = error instanceof Error ? error.message : String(error);
        this.#options.onTrouble(`The feed ${this.origin} could not be sent: ${reason}`);
        this.#source.disconnected();
      });
  }

  async #pump(): Promise<void> {
    for (;;) {
      if (this.#isClosed) return;
      const action = this.#source.next(this.#now());
      if (action.type === 'wait') {
        this.#cancelTimer?.();
        if (action.untilMs === undefined) return;
        const delayMs = Math.max(0, action.untilMs - this.#now());
        this.#cancelTimer = this.#options.schedule(() => this.#run(() => undefined), delayMs);
        return;
      }
      await this.#perform(action);
    }
  }

  async #perform(action: Exclude<SourceAction, { type: 'wait' }>): Promise<void> {
    const { origin } = this;
    const { send } = this.#options;
    const { round } = action;
    if (action.type === 'checkpoint') {
      const note = await this.#noteAt(this.#source.committedSize);
      send('checkpoint', encodeMessage({ type: 'checkpoint', origin, round, note }));
      return;
    }
    const beganMs = this.#now();
    const batch = await this.#options.batches.batch(origin, action.start, action.endMax);
    const payload = encodeMessage({ type: 'batch', origin, round, ...batch });
    send('batch', payload);
    const nowMs = this.#now();
    const { start, end } = batch;
    const spent = { bytes: payload.length, entries: end - start, workMs: nowMs - beganMs };
    this.#source.sent({ start, end, ...spent }, nowMs);
  }

  /** A snapshot in place of entries; the gateway then asks for it, and anew when it has it. */
  #offers(size: number): boolean {
    if (this.#source.state !== 'probing') return false;
    const kept = this.#options.snapshotFor(size);
    if (kept === undefined) return false;
    const { name, note } = kept;
    const bytes = Buffer.from(note, 'utf8');
    const message = { type: 'snapshot', origin: this.origin, round: 0, name, bytes } as const;
    this.#options.send('snapshot', encodeMessage(message));
    return true;
  }

  async #noteAt(size: number): Promise<string> {
    const root = await this.#readRoot(size);
    const text = formatCheckpoint({ origin: this.origin, size, root });
    return signNote(text, this.#options.signer);
  }

  /** Kept for the source, which asks at once; a few at a time are in question. */
  async #readRoot(size: number): Promise<Uint8Array> {
    const { custody } = this.#options;
    const head = must(await custody.head(this.origin), 'a lane is of a feed in custody');
    if (size > head.size) return EMPTY_ROOT;
    const root = this.#roots.get(size) ?? (await heldRootAt(custody, head, size));
    if (this.#roots.size > ROOTS_MAX) this.#roots.clear();
    this.#roots.set(0, EMPTY_ROOT);
    this.#roots.set(size, root);
    return root;
  }

  #now(): number {
    return this.#options.clock.monotonicMs();
  }
}

const ROOTS_MAX = 64;
