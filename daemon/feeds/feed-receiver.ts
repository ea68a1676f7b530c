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
import { formatNote } from '../../protocol/log/note.ts';
import { formatCheckpoint } from '../../protocol/log/checkpoint.ts';
import { cosign } from '../../protocol/log/cosignature.ts';
import { hashesEqual } from '../../protocol/log/merkle.ts';
import { parseFeedOrigin } from '../../protocol/feed/feed-origin.ts';
import type { FeedName } from '../../protocol/feed/feed-origin.ts';
import { SNAPSHOT_VERSION } from '../../protocol/feed/snapshot.ts';
import type { Clock } from '../../protocol/clock.ts';
import { decodeMessage, encodeMessage } from '../../protocol/replication/messages.ts';
import type {
  BatchMessage,
  CheckpointMessage,
  ControlMessage,
  MessageType,
  RefusalReason,
  SnapshotMessage,
} from '../../protocol/replication/messages.ts';
import { Mirror } from '../../protocol/replication/mirror.ts';
import { expandZstd } from '../../platform/expand-zstd.ts';
import type { Schedule } from '../../platform/schedule.ts';
import { frontierOf } from '../../platform/feeds/feed-frontier.ts';
import type { FeedDatabase, FeedReport } from '../../platform/feeds/feed-database.ts';
import type { FeedRow } from '../../platform/feeds/feed-tables.ts';
import { DocumentCounts } from './document-counts.ts';
import type { FeedsStatus } from './feed-status.ts';
import { feedsStatus } from './feeds-status.ts';
import { heldNotes, sendBack } from './feed-returns.ts';
import { SnapshotLoading } from './snapshot-loading.ts';
import { trustedFeed } from './trusted-feed.ts';

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
const MS_PER_SECOND = 1_000;

type Link = { origin: string; hqKeys: readonly string[] };

export class FeedReceiver {
  readonly #options: FeedReceiverOptions;
  readonly #mirrors = new Map<string, Mirror>();
  /** Where a coming feed has to get before it counts. */
  readonly #targets = new Map<string, number>();
  readonly #confirmedMs = new Map<string, number>();
  readonly #snapshots: SnapshotLoading;
  readonly #counts: DocumentCounts;
  #link: Link | undefined;
  #heardMs = 0;
  #problem: string | null = null;
  /** False after one that did not verify: then feeds come entry by entry until the next start. */
  #takesSnapshots = true;

  constructor(options: FeedReceiverOptions) {
    const { database, clock, schedule, send, guarded } = options;
    this.#options = options;
    this.#counts = new DocumentCounts(database, clock);
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
  opened(link: Link): void {
    this.#link = link;
    this.#mirrors.clear();
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
    const mirror = this.#mirrorOf(message.origin);
    if (mirror === undefined) return;
    this.#heardMs = this.#now();
    if (message.type === 'checkpoint') this.#checkpoint(mirror, message);
    else this.#batch(mirror, message);
  }

  status(): FeedsStatus {
    const { database } = this.#options;
    return feedsStatus(database, {
      counts: this.#counts,
      problem: this.#problem,
      targetOf: (origin) => this.#targets.get(origin),
      confirmedMsOf: (origin) => this.#confirmedMs.get(origin),
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
    const trusted = trustedFeed(origin, { chain, store, hqKeys: this.#link?.hqKeys ?? [] });
    if (!trusted.ok) this.#refused(trusted.reason, trusted.message);
    // Begun or in force, and of no earlier life than what is.
    else if (this.#rowOf(origin) !== undefined) {
      const place = database.feed(origin)?.place ?? 'chain';
      this.#snapshots.offered(place, trusted.logVkey, message);
    }
  }

  /** A snapshot is in force: the log goes on from there. */
  #loaded(origin: string): void {
    this.#mirrors.delete(origin);
    this.#problem = null;
    const name = parseFeedOrigin(origin);
    const report = { applied: [], quarantined: [], isInForce: true };
    if (name !== undefined) this.#options.onApplied(name, report);
    this.#ask();
  }

  #checkpoint(mirror: Mirror, { note, round }: CheckpointMessage): void {
    const considered = mirror.considerCheckpoint(note);
    if (considered.verdict === 'refused') {
      this.#refuse(mirror, round, considered);
      return;
    }
    const { size, root } = considered.checkpoint;
    if (size === mirror.size && !hashesEqual(root, mirror.root)) {
      const detail = `headquarters signed another root at size ${size}`;
      this.#refuse(mirror, round, { reason: 'fork', detail });
      return;
    }
    this.#targets.set(mirror.origin, size);
    if (size === mirror.size) this.#confirmed(mirror.origin);
    this.#activate(mirror.origin);
    this.#answer(mirror, round);
  }

  #batch(mirror: Mirror, message: BatchMessage): void {
    const considered = mirror.consider(message);
    const { round } = message;
    if (considered.verdict === 'refused') {
      this.#refuse(mirror, round, considered);
      return;
    }
    if (considered.verdict === 'append') {
      const { start, leaves, frontier, note } = considered;
      const { origin } = mirror;
      const report = this.#options.database.append(origin, { start, leaves, frontier, note });
      mirror.commit(considered);
      this.#problem = null;
      if (mirror.size >= (this.#targets.get(origin) ?? 0)) this.#confirmed(origin);
      const name = parseFeedOrigin(origin);
      const isActive = this.#options.database.feed(origin)?.state === 'active';
      if (!isActive) this.#activate(origin);
      else if (name !== undefined && report.isInForce) this.#options.onApplied(name, report);
    }
    this.#answer(mirror, round);
  }

  /** A coming feed counts from when it is whole and as long as headquarters' was when it began. */
  #activate(origin: string): void {
    const { database } = this.#options;
    const row = database.feed(origin);
    const target = this.#targets.get(origin) ?? Infinity;
    const name = parseFeedOrigin(origin);
    if (row?.state !== 'coming' || row.size < target || row.size !== row.forceSize) return;
    database.activate(origin);
    const report = { applied: [], quarantined: [], isInForce: true };
    if (name !== undefined) this.#options.onApplied(name, report);
  }

  #mirrorOf(origin: string): Mirror | undefined {
    const known = this.#mirrors.get(origin);
    if (known !== undefined) return known;
    const { chain, store } = this.#options;
    const trusted = trustedFeed(origin, { chain, store, hqKeys: this.#link?.hqKeys ?? [] });
    if (!trusted.ok) {
      this.#refused(trusted.reason, trusted.message);
      return undefined;
    }
    const row = this.#rowOf(origin);
    if (row === undefined) return undefined;
    const frontier = frontierOf(row);
    const mirror = new Mirror({ origin, logVkey: trusted.logVkey, frontier, expand: expandZstd });
    this.#mirrors.set(origin, mirror);
    return mirror;
  }

  /** A feed of a life before the one in force is history. */
  #rowOf(origin: string): FeedRow | undefined {
    const { database } = this.#options;
    const known = database.feed(origin);
    if (known !== undefined) return known;
    const place = parseFeedOrigin(origin)?.scope ?? 'chain';
    const epoch = parseFeedOrigin(origin)?.epoch ?? 0;
    const active = database.feeds().find((row) => row.place === place && row.state === 'active');
    if (active !== undefined && (parseFeedOrigin(active.origin)?.epoch ?? 0) >= epoch) {
      this.#refused('fork', `${origin} does not follow ${active.origin}, which is in force.`);
      return undefined;
    }
    return database.begin(origin, place);
  }

  #answer(mirror: Mirror, round: number, reason?: RefusalReason): void {
    const { clock, signerOf, send, database } = this.#options;
    if (this.#link === undefined) return;
    const { origin, size, root } = mirror;
    const text = formatCheckpoint({ origin, size, root });
    const seconds = Math.max(0, Math.floor(clock.wallMs() / MS_PER_SECOND));
    const note = formatNote(text, [cosign(text, signerOf(this.#link.origin), seconds)]);
    const { incarnation } = database;
    const head = { type: 'head', origin, round, size, incarnation, note } as const;
    send('head', encodeMessage({ ...head, ...(reason !== undefined && { reason }) }));
  }

  #refuse(
    mirror: Mirror,
    round: number,
    { reason, detail }: { reason: RefusalReason; detail: string },
  ): void {
    // Batches that overtook each other are the network's business.
    if (reason !== 'gap')
      this.#refused(reason, `Entries of ${mirror.origin} were refused: ${detail}.`);
    this.#answer(mirror, round, reason);
  }

  #refused(reason: RefusalReason, message: string): void {
    this.#problem = message;
    this.#options.onRefused(reason, message);
  }

  #confirmed(origin: string): void {
    this.#confirmedMs.set(origin, this.#options.clock.wallMs());
  }

  #now(): number {
    return this.#options.clock.monotonicMs();
  }
}
