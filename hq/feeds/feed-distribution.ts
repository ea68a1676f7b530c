/**
 * Sends the feeds down: to each gateway that asks, its chain's and its store's, and what is published
 * later as soon as it is durable. A gateway asks with a `control` of action `feeds` when it comes to
 * the broker, and now and then while it hears nothing; one that is silent for long is forgotten until
 * it asks again.
 *
 * Only admitted gateways are served: a head counts when a key of theirs, as custody knows it, cosigned
 * it. One that asks before its log came in is served once it has.
 */
import type { Schedule } from '../../platform/schedule.ts';
import type { Clock } from '../../protocol/clock.ts';
import { isFeedFor, parseFeedOrigin } from '../../protocol/feed/feed-origin.ts';
import { SNAPSHOT_VERSION } from '../../protocol/feed/snapshot.ts';
import type { NoteSigner } from '../../protocol/log/note.ts';
import { parseOrigin } from '../../protocol/log/origin.ts';
import { hqUsername, parseHqTopic } from '../../protocol/replication/hq-topics.ts';
import type { GatewayPlace } from '../../protocol/replication/hq-topics.ts';
import { decodeMessage, encodeMessage } from '../../protocol/replication/messages.ts';
import type { ControlMessage } from '../../protocol/replication/messages.ts';
import type { CustodyReader } from '../custody/custody.ts';
import { topicDown } from '../ingest/introduce.ts';
import { BatchCache } from './batch-cache.ts';
import { cosignerKeys } from './cosigner-keys.ts';
import { FeedLane } from './feed-lane.ts';
import { isAboutFeed, placeOf } from './feed-messages.ts';
import type { FeedKeeper } from './feed-keeper.ts';
import type { FeedRecovery } from './feed-recovery.ts';
import type { SnapshotKeeper } from './snapshot-keeper.ts';

export type FeedDistributionOptions = {
  keeper: Pick<FeedKeeper, 'feeds' | 'onPublished'>;
  custody: CustodyReader;
  /** Signs as a feed. */
  signerOf: (origin: string) => NoteSigner;
  clock: Clock;
  schedule: Schedule;
  random: () => number;
  send: (topic: string, payload: Uint8Array) => void;
  log: { warn(details: object, message: string): void };
  snapshots: SnapshotKeeper;
  /** What gateways say of the feeds that they hold, and give back of them. */
  recovery: Pick<FeedRecovery, 'asked' | 'take'>;
  batchBytesMax?: number;
};

/** Longer than several heartbeats: a gateway that is there has answered by then. */
const SILENT_MS = 10 * 60_000;
const SWEEP_MS = 60_000;
/** Chunks for one question; a gateway asks for fewer. */
const CHUNKS_MAX = 16;
/** Gateways whose asking is remembered until their log is known. */
const ASKED_MAX = 10_000;

/** A gateway that asked for its feeds, and whether it reads snapshots. */
type Asking = GatewayPlace & { snapshots: boolean };

export class FeedDistribution {
  readonly #options: FeedDistributionOptions;
  /** By gateway, then by feed. */
  readonly #lanes = new Map<string, Map<string, FeedLane>>();
  readonly #asked = new Map<string, Asking>();
  /** When each of those with lanes asked last: there may be no feed yet to hear it by. */
  readonly #askedMs = new Map<string, number>();
  readonly #batches: BatchCache;
  /** Gateways with lanes that read snapshots. */
  readonly #reads = new Set<string>();
  readonly #opening = new Set<Promise<void>>();
  #cancelTimer: (() => void) | undefined;

  constructor(options: FeedDistributionOptions) {
    this.#options = options;
    this.#batches = new BatchCache(options);
    options.keeper.onPublished((origin, size) => this.#published(origin, size));
    this.#sweepLater();
  }

  /** True for what came on the broker about feeds; everything else is not looked at. */
  take(topicText: string, payload: Uint8Array): boolean {
    const [, type] = /\/up\/(head|control|batch)$/.exec(topicText) ?? [];
    if (type === undefined || (type === 'batch' && !isAboutFeed(payload))) return false;
    const topic = parseHqTopic(topicText);
    const decoded = decodeMessage(payload);
    if (topic === undefined || !decoded.ok || decoded.message.type !== topic.type) return false;
    const { message } = decoded;
    if (message.type === 'control' && message.action === 'feeds') {
      this.#ask({ ...topic, snapshots: (message.snapshots ?? 0) >= SNAPSHOT_VERSION });
      this.#options.recovery.asked(topic, message.held);
      return true;
    }
    const feed = parseFeedOrigin(message.origin);
    if (feed === undefined) return false;
    const lane = this.#lanes.get(hqUsername(topic))?.get(message.origin);
    if (message.type === 'head') lane?.head(message);
    else if (!isFeedFor(feed, topic)) return true;
    else if (message.type === 'control' && message.action === 'chunks') {
      lane?.heard();
      if (lane !== undefined) this.#sendChunks(topic, message);
    } else if (message.type === 'control' || message.type === 'batch') {
      this.#options.recovery.take(topic, message);
    }
    return true;
  }

  /** Every gateway that is there is asked to ask anew: what it holds, and for what there is now. */
  introduce(): void {
    const message = { type: 'control', round: 0, action: 'introduce', evidence: '' } as const;
    for (const [name, lanes] of this.#lanes) {
      const [origin] = lanes.keys();
      if (origin === undefined) continue;
      const payload = encodeMessage({ ...message, origin });
      this.#options.send(topicDown(placeOf(name), 'control'), payload);
    }
  }

  /** Custody holds something of the log of `origin`: its gateway is known now. */
  kept(origin: string): void {
    if (this.#asked.size === 0) return;
    const place = this.#asked.get(hqUsername(parseOrigin(origin)));
    if (place !== undefined) this.#ask(place);
  }

  /** What each gateway holds of each feed, as far as it was heard. */
  holdings(): { gateway: string; origin: string; size: number; published: number }[] {
    return [...this.#lanes].flatMap(([gateway, lanes]) =>
      [...lanes.values()].map((lane) => ({
        ...{ gateway, origin: lane.origin, size: lane.acknowledgedSize },
        published: lane.committedSize,
      })),
    );
  }

  /** Resolves when what was begun is done. */
  async settled(): Promise<void> {
    while (this.#opening.size > 0) await Promise.all(this.#opening);
    for (const lanes of this.#lanes.values()) {
      await Promise.all([...lanes.values()].map((lane) => lane.settled()));
    }
  }

  async close(): Promise<void> {
    this.#cancelTimer?.();
    await Promise.all(this.#opening);
    for (const lanes of this.#lanes.values()) {
      for (const lane of lanes.values()) {
        lane.close();
        await lane.settled();
      }
    }
  }

  /** Some chunks of a snapshot; where it is not here any more, the newest instead. */
  #sendChunks(
    place: GatewayPlace,
    { origin, snapshot = '', start = 0, count = 0 }: ControlMessage,
  ): void {
    const { snapshots, send } = this.#options;
    const end = start + Math.min(count, CHUNKS_MAX);
    for (let chunk = start; chunk < end; chunk++) {
      const bytes = snapshots.chunk(snapshot, chunk);
      if (bytes === undefined) {
        this.#lanes.get(hqUsername(place))?.get(origin)?.start();
        return;
      }
      const message = { type: 'snapshot', origin, round: 0, name: snapshot, chunk, bytes } as const;
      send(topicDown(place, 'snapshot'), encodeMessage(message));
    }
  }

  #ask({ chain, store, gateway, snapshots }: Asking): void {
    const opening = this.#open({ chain, store, gateway, snapshots }).catch((error: unknown) => {
      this.#options.log.warn({ err: error, store }, 'the feeds of a gateway could not be opened');
    });
    this.#opening.add(opening);
    void opening.finally(() => this.#opening.delete(opening));
  }

  /** Opens lanes for all feeds of the gateway and asks it for its heads. */
  async #open(place: Asking): Promise<void> {
    const name = hqUsername(place);
    const gatewayVkeys = await cosignerKeys(this.#options.custody, place);
    if (gatewayVkeys.length === 0) {
      if (this.#asked.size < ASKED_MAX) this.#asked.set(name, place);
      return;
    }
    this.#asked.delete(name);
    this.#askedMs.set(name, this.#options.clock.monotonicMs());
    if (place.snapshots) this.#reads.add(name);
    else this.#reads.delete(name);
    for (const lane of this.#lanes.get(name)?.values() ?? []) lane.close();
    const lanes = new Map<string, FeedLane>();
    this.#lanes.set(name, lanes);
    for (const { row, place: feed } of this.#options.keeper.feeds()) {
      if (!isFeedFor(feed, place)) continue;
      const lane = this.#lane(place, { origin: row.origin, size: row.size, gatewayVkeys });
      lanes.set(row.origin, lane);
      lane.start();
    }
  }

  #lane(
    place: Asking,
    feed: { origin: string; size: number; gatewayVkeys: readonly string[] },
  ): FeedLane {
    const { custody, clock, schedule, random, signerOf, send, log, snapshots } = this.#options;
    return new FeedLane({
      ...{ ...feed, custody, clock, schedule, random },
      ...{ batches: this.#batches, signer: signerOf(feed.origin) },
      snapshotFor: (size) => (place.snapshots ? snapshots.worthFor(feed.origin, size) : undefined),
      send: (type, payload) => send(topicDown(place, type), payload),
      onTrouble: (message) => log.warn({ gateway: hqUsername(place) }, message),
    });
  }

  /** A feed that is new to a gateway gets a lane too, for all who are there. */
  #published(origin: string, size: number): void {
    const feed = parseFeedOrigin(origin);
    if (feed === undefined) return;
    for (const [name, lanes] of this.#lanes) {
      const lane = lanes.get(origin);
      if (lane !== undefined) lane.committed(size);
      else {
        const place = placeOf(name);
        if (isFeedFor(feed, place)) this.#ask({ ...place, snapshots: this.#reads.has(name) });
      }
    }
  }

  #sweepLater(): void {
    this.#cancelTimer = this.#options.schedule(() => {
      const since = this.#options.clock.monotonicMs() - SILENT_MS;
      for (const [name, lanes] of this.#lanes) {
        const askedMs = this.#askedMs.get(name) ?? 0;
        if (askedMs >= since) continue;
        if ([...lanes.values()].some((lane) => lane.heardMs >= since)) continue;
        for (const lane of lanes.values()) lane.close();
        this.#lanes.delete(name);
        this.#askedMs.delete(name);
        this.#reads.delete(name);
      }
      this.#sweepLater();
    }, SWEEP_MS);
  }
}
