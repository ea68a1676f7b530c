/**
 * The gateway's side of the feeds, without threads and sockets: it asks headquarters for them, takes
 * in what continues them, and answers with a head that its own key cosigned.
 *
 *     opened ─▶ ask ─▶ checkpoint ─▶ head ─▶ batches ─▶ feeds.db (durable) ─▶ head …
 *
 * A feed counts only when the pinned feed key of headquarters signed it, under the feed's own name,
 * and when it is of this chain and store. What does not verify changes nothing and is named. The feed
 * of a later life of headquarters is fetched beside the one in force, and takes its place once it is
 * whole. Relies on feeds.db for what is durable; a damaged one is the caller's to replace.
 */
import type { NoteSigner } from '../../protocol/log/note.ts';
import { parseFeedOrigin } from '../../protocol/feed/feed-origin.ts';
import type { FeedName } from '../../protocol/feed/feed-origin.ts';
import { SNAPSHOT_VERSION } from '../../protocol/feed/snapshot.ts';
import type { Clock } from '../../protocol/clock.ts';
import { decodeMessage, encodeMessage } from '../../protocol/replication/messages.ts';
import type {
  ControlMessage,
  MessageType,
  RefusalReason,
  SnapshotMessage,
} from '../../protocol/replication/messages.ts';
import type { Schedule } from '../../platform/schedule.ts';
import type { FeedDatabase } from '../../platform/feeds/feed-database.ts';
import type { FeedReport } from '../../platform/feeds/feed-intake.ts';
import { admitFeed } from './admit-feed.ts';
import { DocumentCounts } from './document-counts.ts';
import type { FeedsStatus } from './feed-status.ts';
import { FeedMirrors } from './feed-mirrors.ts';
import type { FeedLink } from './feed-mirrors.ts';
import { feedsStatus } from './feeds-status.ts';
import { heldNotes, sendBack } from './feed-returns.ts';
import { SnapshotLoading } from './snapshot-loading.ts';

export type FeedReceiverOptions = {
  database: FeedDatabase;
  chain: string;
  store: string;
  clock: Clock;
  schedule: Schedule;
  /** A cosigner (type 0x04) of the gateway's own key under the name of its log. */
  signerOf: (origin: string) => NoteSigner;
  send: (type: MessageType, payload: Uint8Array) => void;
  /** Documents changed, or another feed is in force. */
  onApplied: (feed: FeedName, report: FeedReport) => void;
  onRefused: (reason: RefusalReason, message: string) => void;
  onSnapshotRefused: (message: string) => void;
  /** Runs what touches the database by itself, and does what is to be done about what it throws. */
  guarded: (work: () => void) => void;
};

/** Without a word from headquarters for so long, the gateway asks again. */
const ASK_AGAIN_MS = 150_000;

export class FeedReceiver {
  readonly #options: FeedReceiverOptions;
  readonly #mirrors: FeedMirrors;
  readonly #snapshots: SnapshotLoading;
  readonly #counts: DocumentCounts;
  #link: FeedLink | undefined;
  #heardMs = 0;
  #problem: string | null = null;
  /** False after one that did not verify: then feeds come entry by entry until the next start. */
  #takesSnapshots = true;

  constructor(options: FeedReceiverOptions) {
    const { database, chain, store, clock, schedule, send, guarded } = options;
    this.#options = options;
    this.#counts = new DocumentCounts(database, clock);
    this.#mirrors = new FeedMirrors({
      ...{ database, chain, store, clock, send },
      signerOf: options.signerOf,
      linkNow: () => this.#link,
      onAppended: () => {
        this.#problem = null;
      },
      onApplied: options.onApplied,
      onRefused: (reason, message) => this.#refused(reason, message),
    });
    this.#snapshots = new SnapshotLoading({
      ...{ database, clock, schedule, send, guarded },
      onLoaded: (origin) => this.#loaded(origin),
      onRefused: (_origin, message) => {
        this.#problem = message;
        this.#takesSnapshots = false;
        options.onSnapshotRefused(message);
        this.#ask();
      },
    });
  }

  /** There is a way to headquarters; `origin` is the log that was admitted. */
  opened(link: FeedLink): void {
    this.#link = link;
    this.#mirrors.forgetAll();
    this.#ask();
  }

  lost(): void {
    this.#link = undefined;
    this.#snapshots.lost();
  }

  close(): void {
    this.#snapshots.close();
  }

  /** To be called now and then: asks again where headquarters has fallen silent. */
  tick(): void {
    if (this.#link !== undefined) this.#snapshots.tick();
    if (this.#link !== undefined && this.#now() - this.#heardMs > ASK_AGAIN_MS) this.#ask();
  }

  /** Takes a message whose origin is that of a feed. Throws only what the database throws. */
  receive(payload: Uint8Array): void {
    const decoded = decodeMessage(payload);
    if (!decoded.ok) {
      this.#refused(decoded.reason, `A message about a feed was refused: ${decoded.detail}.`);
      return;
    }
    const { message } = decoded;
    if (message.type === 'snapshot') this.#snapshot(message);
    if (message.type === 'control') this.#control(message);
    if (message.type !== 'checkpoint' && message.type !== 'batch') return;
    const mirror = this.#mirrors.of(message.origin);
    if (mirror === undefined) return;
    this.#heardMs = this.#now();
    this.#mirrors.take(mirror, message);
  }

  status(): FeedsStatus {
    const { database } = this.#options;
    return feedsStatus(database, {
      counts: this.#counts,
      problem: this.#problem,
      targetOf: (origin) => this.#mirrors.targetOf(origin),
      confirmedMsOf: (origin) => this.#mirrors.confirmedMsOf(origin),
      loading: this.#snapshots.progress(),
    });
  }

  #ask(): void {
    const link = this.#link;
    if (link === undefined) return;
    this.#heardMs = this.#now();
    const { origin } = link;
    const message = { type: 'control', origin, round: 0, action: 'feeds', evidence: '' } as const;
    const held = heldNotes(this.#options.database);
    const more = { held, ...(this.#takesSnapshots && { snapshots: SNAPSHOT_VERSION }) };
    this.#options.send('control', encodeMessage({ ...message, ...more }));
  }

  #control(message: ControlMessage): void {
    const { database, send } = this.#options;
    if (message.action === 'fetch') sendBack(database, message, send);
    if (message.action === 'introduce') this.#ask();
  }

  #snapshot(message: SnapshotMessage): void {
    const { origin } = message;
    this.#heardMs = this.#now();
    if (message.chunk !== undefined) {
      this.#snapshots.chunk(message);
      return;
    }
    const { chain, store, database } = this.#options;
    const hqKeys = this.#link?.hqKeys ?? [];
    const admitted = admitFeed(database, origin, { chain, store, hqKeys });
    if (!admitted.ok) this.#refused(admitted.reason, admitted.message);
    else this.#snapshots.offered(admitted.row.place, admitted.logVkey, message);
  }

  /** A snapshot is in force: the log goes on from there. */
  #loaded(origin: string): void {
    this.#mirrors.forget(origin);
    this.#problem = null;
    const name = parseFeedOrigin(origin);
    const report = { applied: [], quarantined: [], isInForce: true };
    if (name !== undefined) this.#options.onApplied(name, report);
    this.#ask();
  }

  #refused(reason: RefusalReason, message: string): void {
    this.#problem = message;
    this.#options.onRefused(reason, message);
  }

  #now(): number {
    return this.#options.clock.monotonicMs();
  }
}
