/**
 * The feeds that a gateway mirrors, each with what headquarters last said of its length: verifies the
 * checkpoints and batches of a feed, puts what continues it into feeds.db, and answers each of them
 * with a head that the gateway's own key cosigned, or with the reason why it was refused. A head is
 * answered only for what is durable. Leaves out how feeds are asked for, and snapshots.
 */
import type { NoteSigner } from '../../protocol/log/note.ts';
import { formatNote } from '../../protocol/log/note.ts';
import { formatCheckpoint } from '../../protocol/log/checkpoint.ts';
import { cosign } from '../../protocol/log/cosignature.ts';
import { hashesEqual } from '../../protocol/log/merkle.ts';
import { parseFeedOrigin } from '../../protocol/feed/feed-origin.ts';
import type { FeedName } from '../../protocol/feed/feed-origin.ts';
import type { Clock } from '../../protocol/clock.ts';
import { encodeMessage } from '../../protocol/replication/messages.ts';
import type {
  BatchMessage,
  CheckpointMessage,
  MessageType,
  RefusalReason,
} from '../../protocol/replication/messages.ts';
import { Mirror } from '../../protocol/replication/mirror.ts';
import { expandZstd } from '../../platform/expand-zstd.ts';
import { frontierOf } from '../../platform/feeds/feed-frontier.ts';
import type { FeedDatabase } from '../../platform/feeds/feed-database.ts';
import type { FeedReport } from '../../platform/feeds/feed-intake.ts';
import { admitFeed } from './admit-feed.ts';

/** The way to headquarters: the log that was admitted, and the pinned keys. */
export type FeedLink = { origin: string; hqKeys: readonly string[] };

export type FeedMirrorsOptions = {
  database: FeedDatabase;
  chain: string;
  store: string;
  clock: Clock;
  /** A cosigner (type 0x04) of the gateway's own key under the name of its log. */
  signerOf: (origin: string) => NoteSigner;
  send: (type: MessageType, payload: Uint8Array) => void;
  linkNow: () => FeedLink | undefined;
  /** Entries are durable; whether something became whole is not known yet. */
  onAppended: () => void;
  /** Documents changed, or another feed is in force. */
  onApplied: (feed: FeedName, report: FeedReport) => void;
  onRefused: (reason: RefusalReason, message: string) => void;
};

const MS_PER_SECOND = 1_000;

export class FeedMirrors {
  readonly #options: FeedMirrorsOptions;
  readonly #mirrors = new Map<string, Mirror>();
  /** Where a coming feed has to get before it counts. */
  readonly #targets = new Map<string, number>();
  readonly #confirmedMs = new Map<string, number>();

  constructor(options: FeedMirrorsOptions) {
    this.#options = options;
  }

  /** Each feed is read from feeds.db anew, and judged by the keys of the link there is then. */
  forgetAll(): void {
    this.#mirrors.clear();
  }

  /** The feed was replaced in feeds.db by a snapshot of it. */
  forget(origin: string): void {
    this.#mirrors.delete(origin);
  }

  /** The length that headquarters last named. */
  targetOf(origin: string): number | undefined {
    return this.#targets.get(origin);
  }

  /** When headquarters last said that what is here is its newest. */
  confirmedMsOf(origin: string): number | undefined {
    return this.#confirmedMs.get(origin);
  }

  /** The mirror of a feed that is taken in here; another is refused. */
  of(origin: string): Mirror | undefined {
    const known = this.#mirrors.get(origin);
    if (known !== undefined) return known;
    const { chain, store, database, linkNow, onRefused } = this.#options;
    const hqKeys = linkNow()?.hqKeys ?? [];
    const admitted = admitFeed(database, origin, { chain, store, hqKeys });
    if (!admitted.ok) {
      onRefused(admitted.reason, admitted.message);
      return undefined;
    }
    const { logVkey, row } = admitted;
    const mirror = new Mirror({ origin, logVkey, frontier: frontierOf(row), expand: expandZstd });
    this.#mirrors.set(origin, mirror);
    return mirror;
  }

  /** Throws only what the database throws. */
  take(mirror: Mirror, message: CheckpointMessage | BatchMessage): void {
    if (message.type === 'checkpoint') this.#checkpoint(mirror, message);
    else this.#batch(mirror, message);
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
      this.#options.onAppended();
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

  #answer(mirror: Mirror, round: number, reason?: RefusalReason): void {
    const { clock, signerOf, send, database, linkNow } = this.#options;
    const link = linkNow();
    if (link === undefined) return;
    const { origin, size, root } = mirror;
    const text = formatCheckpoint({ origin, size, root });
    const seconds = Math.max(0, Math.floor(clock.wallMs() / MS_PER_SECOND));
    const note = formatNote(text, [cosign(text, signerOf(link.origin), seconds)]);
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
      this.#options.onRefused(reason, `Entries of ${mirror.origin} were refused: ${detail}.`);
    this.#answer(mirror, round, reason);
  }

  #confirmed(origin: string): void {
    this.#confirmedMs.set(origin, this.#options.clock.wallMs());
  }
}
