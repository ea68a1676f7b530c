/**
 * What headquarters lost of its feeds comes back from its gateways. A gateway that asks for its feeds
 * shows the newest checkpoint of each that headquarters had signed; where headquarters holds less, it
 * was restored from an older copy, and the entries are fetched (feed-fetch.ts): verified against its own
 * signature, kept in custody under the earlier feed's name, and then said again in the present life's
 * feed.
 *
 *     held notes ─▶ lacking ─▶ fetch ─▶ batches ─▶ custody (the earlier feed) ─▶ said again
 *
 * Nothing is believed that headquarters' own key did not sign. A loss on the way costs asking again; a
 * gateway that has not all of it may be followed by another. Says which gateways have reported.
 */
import type { Clock } from '../../protocol/clock.ts';
import { isFeedFor, parseFeedOrigin } from '../../protocol/feed/feed-origin.ts';
import type { FeedPlace } from '../../protocol/feed/feed-origin.ts';
import { isTillgateError } from '../../protocol/errors.ts';
import { parseCheckpoint } from '../../protocol/log/checkpoint.ts';
import { parseNote } from '../../protocol/log/note.ts';
import { hqUsername } from '../../protocol/replication/hq-topics.ts';
import type { GatewayPlace } from '../../protocol/replication/hq-topics.ts';
import type { BatchMessage, ControlMessage } from '../../protocol/replication/messages.ts';
import type { RestoreKeeper } from '../restore/restore-keeper.ts';
import { FeedFetch } from './feed-fetch.ts';
import type { FeedFetchOptions } from './feed-fetch.ts';
import type { FeedKeeper } from './feed-keeper.ts';
import type { FeedReports } from './feed-reports.ts';

export type FeedRecoveryOptions = Pick<
  FeedFetchOptions,
  'custody' | 'schedule' | 'send' | 'log'
> & {
  keeper: Pick<FeedKeeper, 'renew'>;
  restore: Pick<RestoreKeeper, 'shownOfFeed' | 'advanced' | 'gaps'>;
  reports: FeedReports;
  /** By which headquarters signs a feed. */
  vkeyOf: (origin: string) => string;
  clock: Clock;
  /** Something came back: the gateways are to ask anew. */
  onRecovered: () => void;
};

/** A few of each gateway of a large chain. */
const SETTLED_MAX = 50_000;

export class FeedRecovery {
  readonly #options: FeedRecoveryOptions;
  /** By feed: one gateway at a time. */
  readonly #fetches = new Map<string, FeedFetch>();
  /** What was shown and led to nothing more in this run. */
  readonly #settled = new Set<string>();
  /** By gateway: the feeds of which something is on its way. */
  readonly #awaited = new Map<string, Set<string>>();
  #firstLife: string | undefined;
  #turn: Promise<void> = Promise.resolve();
  #isClosed = false;

  private constructor(options: FeedRecoveryOptions) {
    this.#options = options;
  }

  static async open(options: FeedRecoveryOptions): Promise<FeedRecovery> {
    const recovery = new FeedRecovery(options);
    const lives = await options.custody.lives();
    const isFirst = lives.length === 0 || lives.at(-1)?.reason === 'begun';
    if (isFirst) recovery.#firstLife = options.custody.incarnation;
    return recovery;
  }

  /**
   * Has the gateway shown in this life what it holds of the feeds, and is all of that here? In the
   * first life of a headquarters there is nothing that anybody could have to show.
   */
  isReported(chain: string, store: string, gateway: string): boolean {
    const { incarnation } = this.#options.custody;
    if (incarnation === this.#firstLife) return true;
    return this.#options.reports.has(incarnation, hqUsername({ chain, store, gateway }));
  }

  /** A gateway asks for its feeds, and shows what it holds; one of an earlier release shows nothing. */
  asked(place: GatewayPlace, held: readonly string[] | undefined): void {
    if (held !== undefined) this.#run(() => this.#shown(place, held));
  }

  /** What a gateway answers to a question of this side; anything else is not looked at. */
  take(place: GatewayPlace, message: BatchMessage | ControlMessage): void {
    this.#run(async () => {
      const fetch = this.#fetches.get(message.origin);
      if (fetch?.isFrom(place) !== true) return;
      if (message.type === 'batch') await this.#keep(fetch, message);
      else if (message.action === 'fetched') await this.#fetched(fetch, message.start ?? 0);
    });
  }

  /** Resolves when what was begun is done. */
  settled(): Promise<void> {
    return this.#turn;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const fetch of this.#fetches.values()) fetch.end();
    await this.#turn;
  }

  async #shown(place: GatewayPlace, held: readonly string[]): Promise<void> {
    const lacking = new Set<string>();
    const forked: FeedPlace[] = [];
    for (const note of held) {
      const origin = originOf(note);
      const feed = origin === undefined ? undefined : parseFeedOrigin(origin);
      if (origin === undefined || feed === undefined || !isFeedFor(feed, place)) continue;
      const { size } = parseCheckpoint(parseNote(note).text);
      const shown = await this.#options.restore.shownOfFeed(note, { gatewaySize: size });
      if (shown.state === 'refused') {
        const { detail } = shown;
        this.#options.log.warn({ ...place, detail }, 'what a gateway shows of a feed is refused');
      }
      const what = `${hqUsername(place)} ${origin} ${size}`;
      const isSettled = this.#settled.has(what);
      if (shown.state === 'forked' && !isSettled) {
        this.#settle(what);
        forked.push(feed);
      }
      if (shown.state !== 'lacking' || isSettled) continue;
      lacking.add(origin);
      await this.#fetch(place, { origin, target: size });
    }
    this.#awaited.set(hqUsername(place), lacking);
    if (lacking.size > 0) return;
    // While something is on its way back a new feed would say less than a gateway shows.
    for (const feed of forked) await this.#renew(feed);
    this.#cameOf(place, '');
  }

  async #fetch(from: GatewayPlace, of: { origin: string; target: number }): Promise<void> {
    const { origin, target } = of;
    const running = this.#fetches.get(origin);
    if (running !== undefined) {
      const isStuck = running.isStuck || target > running.target;
      if (!isStuck && !running.isFrom(from)) return;
      this.#end(running);
    }
    const { custody, vkeyOf, schedule, send, log } = this.#options;
    const fetch = await FeedFetch.open({
      ...{ custody, origin, target, from, logVkey: vkeyOf(origin), schedule, send, log },
      onSilence: () => this.#run(() => this.#askAgain(fetch)),
    });
    this.#fetches.set(origin, fetch);
    fetch.request();
  }

  #askAgain(fetch: FeedFetch): Promise<void> {
    if (this.#fetches.get(fetch.origin) === fetch) fetch.request();
    return Promise.resolve();
  }

  async #keep(fetch: FeedFetch, batch: BatchMessage): Promise<void> {
    const outcome = await fetch.keep(batch);
    if (outcome === 'outrun') this.#end(fetch);
    if (outcome !== 'kept') return;
    if (fetch.size >= fetch.target) await this.#complete(fetch);
    else await this.#options.restore.advanced(fetch.origin, fetch.size);
  }

  /** The gateway has sent what it has from where it was asked. */
  async #fetched(fetch: FeedFetch, end: number): Promise<void> {
    if (this.#fetches.get(fetch.origin) !== fetch) return;
    if (fetch.hasSentMore(end)) {
      fetch.request();
      return;
    }
    // It does not keep them any more; another gateway may.
    const { origin, from, size, target } = fetch;
    this.#settle(`${hqUsername(from)} ${origin} ${target}`);
    this.#end(fetch);
    this.#options.log.warn(
      { ...from, origin, heldSize: size, signedSize: target },
      'a gateway does not keep the entries of a feed that are missing here',
    );
    const note = this.#options.restore.gaps().find((gap) => gap.origin === origin)?.evidence;
    if (note !== undefined) {
      await this.#options.restore.shownOfFeed(note, { gatewaySize: size });
    }
    // All gateways have to agree again: on what is here.
    const feed = parseFeedOrigin(origin);
    if (feed !== undefined) await this.#renew(feed);
    this.#cameOf(from, origin);
  }

  async #complete(fetch: FeedFetch): Promise<void> {
    const { origin, size, from } = fetch;
    this.#end(fetch);
    await this.#options.restore.advanced(origin, size);
    const feed = parseFeedOrigin(origin);
    if (feed !== undefined) await this.#renew(feed);
    this.#cameOf(from, origin);
  }

  async #renew(place: FeedPlace): Promise<void> {
    const { chain, store } = place;
    await this.#options.keeper.renew(store === undefined ? { chain } : { chain, store });
    this.#options.onRecovered();
  }

  /** What a gateway shows is not acted on again: it would be shown for ever. */
  #settle(what: string): void {
    if (this.#settled.size >= SETTLED_MAX) this.#settled.clear();
    this.#settled.add(what);
  }

  /** Nothing more of `origin` comes from there; the gateway has reported with the last of its feeds. */
  #cameOf(place: GatewayPlace, origin: string): void {
    const awaited = this.#awaited.get(hqUsername(place));
    awaited?.delete(origin);
    if (awaited !== undefined && awaited.size > 0) return;
    this.#awaited.delete(hqUsername(place));
    try {
      this.#options.reports.add(this.#options.custody.incarnation, hqUsername(place));
    } catch (error) {
      this.#options.log.warn({ err: error }, 'the report of a gateway could not be written down');
    }
  }

  #end(fetch: FeedFetch): void {
    fetch.end();
    if (this.#fetches.get(fetch.origin) === fetch) this.#fetches.delete(fetch.origin);
  }

  #run(work: () => Promise<void>): void {
    this.#turn = this.#turn
      .then(() => (this.#isClosed ? undefined : work()))
      .catch((error: unknown) => {
        // Custody failed; the process ends by that, and if not the gateways show it again.
        this.#options.log.warn({ err: error }, 'what gateways hold of feeds could not be kept');
      });
  }
}

function originOf(note: string): string | undefined {
  try {
    return parseCheckpoint(parseNote(note).text).origin;
  } catch (error) {
    if (isTillgateError(error) && error.code !== 'INTERNAL') return undefined;
    throw error;
  }
}
