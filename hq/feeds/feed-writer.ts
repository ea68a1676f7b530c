/**
 * Writes publications to feeds: to custody as entries of the feed's log, durable and signed like any
 * other log there; then the documents follow, and then it is told. A feed that does not say everything
 * yet is written the same way, and nobody hears of it. What a publication may say was tried before.
 * Relies on being called one thing after the other, and on custody being open in this process alone.
 */
import { must } from '../../protocol/must.ts';
import { TillgateError } from '../../protocol/errors.ts';
import type { Clock } from '../../protocol/clock.ts';
import type { FeedChange } from '../../protocol/feed/change.ts';
import { packPublication } from '../../protocol/feed/feed-entry.ts';
import type { PackedPart } from '../../protocol/feed/feed-entry.ts';
import type { FeedDatabase } from '../../platform/feeds/feed-database.ts';
import type { FeedRow } from '../../platform/feeds/feed-tables.ts';
import type { Custody } from '../custody/custody.ts';
import { HeadMaker } from '../ingest/head-maker.ts';
import type { HqKeys } from '../keys/hq-keys.ts';
import { LogWriter, TOGETHER_MAX } from '../own-log/log-writer.ts';
import { catchUp } from './feed-copy.ts';
import { entryOf, openingOf } from './feed-entries.ts';
import type { Restored } from './feed-entries.ts';

export type FeedWriterOptions = {
  keys: HqKeys;
  custody: Custody;
  clock: Clock;
  bootId: string;
  /** A fresh name for a publication. */
  newId: () => string;
};

export type WriteOptions = {
  /** Hears how many parts are durable. */
  onDone?: (parts: number) => void;
  /** What the parts take over from. */
  restored?: Restored;
};

export class FeedWriter {
  readonly #options: FeedWriterOptions;
  readonly #database: FeedDatabase;
  readonly #heads: HeadMaker;
  /** By feed. */
  readonly #logs = new Map<string, LogWriter>();
  readonly #listeners: ((origin: string, size: number) => void)[] = [];

  constructor(options: FeedWriterOptions, database: FeedDatabase) {
    this.#options = options;
    this.#database = database;
    this.#heads = new HeadMaker(options.keys.durable, options.clock);
  }

  /** Hears of each publication, when all of it is durable. */
  onPublished(listener: (origin: string, size: number) => void): void {
    this.#listeners.push(listener);
  }

  /** Tells of what is durable already: a feed that everybody may have from now on. */
  tell(origin: string, size: number): void {
    for (const listener of this.#listeners) listener(origin, size);
  }

  pack(changes: Iterable<FeedChange>): PackedPart[] {
    const parts = packPublication(this.#options.newId(), changes);
    if (parts !== undefined) return parts;
    throw new TillgateError('FEED_TOO_LARGE', 'That is more than one publication may hold.');
  }

  /** A whole publication that says nothing. */
  emptyPart(): PackedPart {
    const members = { publication: this.#options.newId(), part: 0, parts: 1, changes: 0 };
    return { members, body: new Uint8Array(0) };
  }

  /** Entry 0, unless it is there; `before` is the feed of the life before. */
  async begin(origin: string, before: FeedRow | undefined): Promise<void> {
    const head = await this.#options.custody.head(origin);
    if ((head?.size ?? 0) === 0) await this.#log(origin).append(openingOf(before));
  }

  async write(
    origin: string,
    parts: readonly PackedPart[],
    { onDone, restored }: WriteOptions = {},
  ): Promise<void> {
    const log = this.#log(origin);
    for (let at = 0; at < parts.length; at += TOGETHER_MAX) {
      const entries = parts.slice(at, at + TOGETHER_MAX).map((part) => entryOf(part, restored));
      await log.appendTogether(entries);
      onDone?.(at + entries.length);
    }
    const { size, state } = await this.caughtUp(origin);
    // Nobody gets to see a feed that does not say everything yet.
    if (state === 'active') this.tell(origin, size);
  }

  /** Ends a publication that was cut off; what of it was written counts from then on. */
  async end(origin: string): Promise<void> {
    await this.write(origin, [this.emptyPart()]);
  }

  /** The feed, with everything in the documents that custody holds of it. */
  async caughtUp(origin: string): Promise<FeedRow> {
    const head = must(await this.#options.custody.head(origin), 'what was written is in custody');
    await catchUp(this.#options.custody, this.#database, head);
    return must(this.#database.feed(origin), 'the feed was begun here');
  }

  #log(origin: string): LogWriter {
    const known = this.#logs.get(origin);
    if (known !== undefined) return known;
    const { custody, keys, clock, bootId } = this.#options;
    const signer = keys.logSigner(origin);
    const log = new LogWriter({ custody, heads: this.#heads, signer, clock, bootId });
    this.#logs.set(origin, log);
    return log;
  }
}
