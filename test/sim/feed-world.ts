/**
 * Headquarters and one gateway, as far as feeds are concerned: the real keeper, snapshots, distribution,
 * recovery and receiver on real files, with a network and a clock that a test moves. What is on its way
 * is a list that the test loses, doubles and swaps; a kill keeps the files and nothing else.
 */
import { generateKeyPairSync } from 'node:crypto';
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { FeedReceiver } from '../../daemon/feeds/feed-receiver.ts';
import { FileCustody } from '../../hq/custody/files/file-custody.ts';
import { FeedDistribution } from '../../hq/feeds/feed-distribution.ts';
import { FeedKeeper } from '../../hq/feeds/feed-keeper.ts';
import { epochShown, isLacking } from '../../hq/feeds/feed-gaps.ts';
import { FeedRecovery } from '../../hq/feeds/feed-recovery.ts';
import { FeedReports } from '../../hq/feeds/feed-reports.ts';
import { makeSnapshots } from '../../hq/feeds/open-feeds.ts';
import { SnapshotKeeper } from '../../hq/feeds/snapshot-keeper.ts';
import { RestoreKeeper } from '../../hq/restore/restore-keeper.ts';
import type { HqKeys } from '../../hq/keys/hq-keys.ts';
import { FeedDatabase } from '../../platform/feeds/feed-database.ts';
import { checkChange } from '../../protocol/feed/change.ts';
import type { FeedChange } from '../../protocol/feed/change.ts';
import { createNoteSigner } from '../../protocol/log/note.ts';
import { KEY_TYPE_COSIGNATURE, KEY_TYPE_ED25519 } from '../../protocol/log/verifier-key.ts';
import { must } from '../../protocol/must.ts';
import { formatHqTopic } from '../../protocol/replication/hq-topics.ts';
import { decodeMessage } from '../../protocol/replication/messages.ts';
import type { MessageType } from '../../protocol/replication/messages.ts';

const DOMAIN = 'hq.example';
const PLACE = { chain: 'acme', store: 's1', gateway: 'g1' };
const LOG = `${DOMAIN}/acme/s1/g1/e1`;
/** Of one publication each: two sets of prices that must never be seen mixed. */
const ITEMS = 300;

const feedKey = generateKeyPairSync('ed25519').privateKey;
const durableKey = generateKeyPairSync('ed25519').privateKey;
const gatewayKey = generateKeyPairSync('ed25519').privateKey;
const ed25519 = (name: string) =>
  createNoteSigner({ name, type: KEY_TYPE_ED25519, privateKey: feedKey });
const keys: HqKeys = {
  durable: createNoteSigner({
    ...{ name: `${DOMAIN}/hq/durable`, type: KEY_TYPE_COSIGNATURE, privateKey: durableKey },
  }),
  feed: ed25519(`${DOMAIN}/hq/feed`),
  logSigner: ed25519,
  uplinkPassword: () => '',
};

/** Of all histories together. */
export const delivered = { snapshots: 0, returns: 0, lives: 0 };

export class FeedWorld {
  nowMs = 0;
  /** On its way: `up` to headquarters. */
  wire: { up: boolean; topic: string; payload: Uint8Array }[] = [];
  seen: (number | undefined)[] = [];
  /** What a gateway showed is lost at headquarters, for a while or for good. */
  mayFall = false;
  readonly #folder: string;
  readonly #timers = new Map<() => void, number>();
  readonly #gatewayTimers = new Map<() => void, number>();
  #custody: FileCustody | undefined;
  #keeper: FeedKeeper | undefined;
  #distribution: FeedDistribution | undefined;
  #snapshots: SnapshotKeeper | undefined;
  #recovery: FeedRecovery | undefined;
  #restore: RestoreKeeper | undefined;
  #lives = 1;
  #database: FeedDatabase | undefined;
  receiver: FeedReceiver | undefined;
  #nextId = 1;

  constructor(folder: string) {
    this.#folder = folder;
  }

  readonly #clock = { wallMs: () => 1_800_000_000_000 + this.nowMs, monotonicMs: () => this.nowMs };
  readonly #schedule = (callback: () => void, delayMs: number): (() => void) => {
    const once = (): void => callback();
    this.#timers.set(once, this.nowMs + delayMs);
    return () => void this.#timers.delete(once);
  };

  async startHq(): Promise<void> {
    const custody = await FileCustody.openForWriting(join(this.#folder, 'custody'), {
      onFatal: (error) => {
        throw error as Error;
      },
    });
    const logVkey = createNoteSigner({
      ...{ name: LOG, type: KEY_TYPE_ED25519, privateKey: gatewayKey },
    }).vkey;
    await custody.admit({ origin: LOG, logVkey, note: '' });
    const log = { warn: () => undefined };
    const clock = this.#clock;
    this.#custody = custody;
    this.#restore = await RestoreKeeper.open({
      ...{ custody, clock, log, durableVkey: keys.durable.vkey },
      feedVkeyOf: (origin) => ed25519(origin).vkey,
      alarms: { raise: () => true, clear: () => [], list: () => [] },
      file: join(this.#folder, 'restore.json'),
      newIncarnation: () => String(this.#lives++).padStart(8, '0').padEnd(32, '0'),
      onLife: () => {
        delivered.lives += 1;
        this.#distribution?.introduce();
      },
    });
    const restore = this.#restore;
    const feedsFile = join(this.#folder, 'hq-feeds.db');
    const keeper = await FeedKeeper.open({
      ...{ path: feedsFile, domain: DOMAIN, keys, custody, clock, log },
      ...{ bootId: 'b', newId: () => `p${this.#nextId++}` },
      epochShown: (place) => epochShown(restore.gaps(), place),
      isLacking: (origin) => isLacking(restore.gaps(), origin),
    });
    this.#keeper = keeper;
    const snapshots = new SnapshotKeeper({
      ...{ folder: join(this.#folder, 'snapshots'), feedsFile, clock, log, signerOf: ed25519 },
      due: { entriesMin: 3, entriesBetween: 4, betweenMs: 0 },
    });
    this.#snapshots = snapshots;
    makeSnapshots(keeper, snapshots);
    const schedule = this.#schedule;
    this.#recovery = await FeedRecovery.open({
      ...{ custody, keeper, restore, clock, log, schedule },
      reports: new FeedReports(join(this.#folder, 'reports.json')),
      vkeyOf: (origin) => ed25519(origin).vkey,
      send: (place, type, payload) => {
        const topic = formatHqTopic({ ...place, direction: 'down', type });
        this.wire.push({ up: false, topic, payload });
      },
      onRecovered: () => this.#distribution?.introduce(),
    });
    this.#distribution = new FeedDistribution({
      ...{ keeper, custody, clock, log, batchBytesMax: 40_000, signerOf: ed25519 },
      ...{ schedule, random: () => 0.5, snapshots, recovery: this.#recovery },
      send: (topic, payload) => this.wire.push({ up: false, topic, payload }),
    });
  }

  /** So that a history that tries nothing is noticed. */
  #count(payload: Uint8Array): void {
    const decoded = decodeMessage(payload);
    if (!decoded.ok) return;
    const { message } = decoded;
    if (message.type === 'snapshot') delivered.snapshots += 1;
    if (message.type === 'control' && message.action === 'fetched') delivered.returns += 1;
  }

  /** Has this gateway shown what it holds to the present life of headquarters? */
  isReported(): boolean {
    const { chain, store, gateway } = PLACE;
    return must(this.#recovery, 'hq runs').isReported(chain, store, gateway);
  }

  /** What a backup of headquarters would take; its feeds.db and snapshots can be made again. */
  backUp(): void {
    const copy = join(this.#folder, 'copy');
    rmSync(copy, { recursive: true, force: true });
    cpSync(join(this.#folder, 'custody'), copy, { recursive: true });
  }

  /** The backup takes the place of what headquarters holds. */
  async restoreHq(): Promise<void> {
    await this.stopHq();
    rmSync(join(this.#folder, 'custody'), { recursive: true });
    cpSync(join(this.#folder, 'copy'), join(this.#folder, 'custody'), { recursive: true });
    await this.startHq();
    this.connect();
  }

  /** What neither side can show any more is lost: a backup is as good as that. */
  async roundAfterRestore(): Promise<number> {
    const atHq = (await this.roundAtHq()) ?? 0;
    const size = must(this.#keeper, 'hq runs').feeds()[0]?.row.size ?? 0;
    const database = must(this.#database, 'the gateway runs');
    const active = database.feeds().find(({ state }) => state === 'active');
    const lowest = active && database.leaves.lowest(active.generation);
    // Until it is back, or for good: a new feed begins with what headquarters holds.
    if ((this.roundSeen() ?? 0) > atHq) this.mayFall = true;
    if (lowest !== undefined && lowest <= size) return Math.max(atHq, this.roundSeen() ?? 0);
    // It came by a snapshot, and the entries before that are nowhere.
    return atHq;
  }

  /** The round that headquarters itself would send to a new gateway. */
  async roundAtHq(): Promise<number | undefined> {
    const keeper = must(this.#keeper, 'hq runs');
    const [feed] = keeper.feeds();
    if (feed === undefined) return undefined;
    const { generation } = feed.row;
    return keeper.read((database) => roundOf(database, generation));
  }

  async stopHq(): Promise<void> {
    await this.#recovery?.close();
    await this.#distribution?.close();
    await this.#snapshots?.close();
    await this.#keeper?.close();
    await this.#custody?.close();
    this.#timers.clear();
    this.wire = [];
  }

  startGateway(): void {
    const database = new FeedDatabase(join(this.#folder, 'feeds.db'));
    this.#database = database;
    this.receiver = new FeedReceiver({
      ...{ database, chain: PLACE.chain, store: PLACE.store, clock: this.#clock },
      schedule: (callback, delayMs) => {
        const once = (): void => callback();
        this.#gatewayTimers.set(once, this.nowMs + delayMs);
        return () => void this.#gatewayTimers.delete(once);
      },
      guarded: (work) => work(),
      onSnapshotRefused: (message) => {
        throw new Error(message);
      },
      signerOf: (name) =>
        createNoteSigner({ name, type: KEY_TYPE_COSIGNATURE, privateKey: gatewayKey }),
      send: (type: MessageType, payload) => {
        const topic = formatHqTopic({ ...PLACE, direction: 'up', type });
        this.wire.push({ up: true, topic, payload });
      },
      onApplied: () => undefined,
      onRefused: () => undefined,
    });
    this.connect();
  }

  connect(): void {
    this.receiver?.opened({ origin: LOG, hqKeys: [keys.durable.vkey, keys.feed.vkey] });
  }

  /** Its disk is another one. */
  loseGateway(): void {
    for (const suffix of ['', '-wal', '-shm']) {
      rmSync(join(this.#folder, `feeds.db${suffix}`), { force: true });
    }
    this.seen = [];
  }

  /** As if killed: what is on the disk stays. */
  stopGateway(): void {
    this.receiver?.close();
    this.#gatewayTimers.clear();
    this.#database?.close();
    this.#database = undefined;
    this.wire = this.wire.filter(({ up }) => !up);
  }

  async publish(round: number): Promise<void> {
    const report = await must(this.#keeper, 'hq runs').publish(
      { chain: PLACE.chain },
      prices(round),
      { isDryRun: false },
    );
    if (report.problems.length > 0) throw new Error(JSON.stringify(report.problems));
  }

  async deliver(at: number): Promise<void> {
    const [message] = this.wire.splice(at % this.wire.length, 1);
    if (message === undefined) return;
    this.#count(message.payload);
    if (message.up) {
      must(this.#distribution, 'hq runs').take(message.topic, message.payload);
      await this.settle();
    } else this.receiver?.receive(message.payload);
    this.seen.push(this.roundSeen());
  }

  async advance(ms: number): Promise<void> {
    this.nowMs += ms;
    for (const timers of [this.#timers, this.#gatewayTimers]) {
      for (const [callback, dueMs] of [...timers]) {
        if (dueMs > this.nowMs) continue;
        timers.delete(callback);
        callback();
      }
    }
    this.receiver?.tick();
    await this.settle();
  }

  /** Headquarters' own work is asynchronous: some turns of the loop end it. */
  async settle(): Promise<void> {
    await this.#recovery?.settled();
    await this.#keeper?.read(() => undefined);
    await this.#snapshots?.settled();
    await this.#distribution?.settled();
  }

  /** The round whose prices the gateway shows; undefined while it shows none; mixed ones fail. */
  roundSeen(): number | undefined {
    const database = must(this.#database, 'the gateway runs');
    const active = database.feeds().find(({ state }) => state === 'active');
    if (active === undefined) return undefined;
    return roundOf(database, active.generation);
  }
}

/** The one publication that all prices are of. */
function roundOf(database: FeedDatabase, generation: number): number | undefined {
  const rows = database.list(generation, 'price', { after: '', limit: ITEMS + 1 });
  const rounds = new Set(
    rows.map(({ body }) => (JSON.parse(body) as { amount: { value: number } }).amount.value),
  );
  if (rounds.size > 1) throw new Error(`prices of several publications: ${[...rounds].join()}`);
  if (rounds.size === 1 && rows.length !== ITEMS) throw new Error('prices are missing');
  return [...rounds][0];
}

function prices(round: number): FeedChange[] {
  return Array.from({ length: ITEMS }, (_, at) => {
    // Long ids, so that a publication takes several entries.
    const document = {
      ...{ itemId: `${at}-${'x'.repeat(50)}`, currency: 'EUR', amount: { value: round, scale: 2 } },
      to: `2099-01-01T00:00:00.${'0'.repeat(30)}Z`,
    };
    const checked = checkChange({ op: 'put', collection: 'price', document });
    if (!checked.ok) throw new Error(JSON.stringify(checked.problems));
    return checked.change;
  });
}
