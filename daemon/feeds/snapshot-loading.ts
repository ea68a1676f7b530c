/**
 * Takes a snapshot in at the gateway: judged by the feed's key, fetched a few chunks at a time, each
 * checked by its signed hash before anything in it is looked at, and put into feeds.db in small steps
 * with pauses, so that whoever else needs the machine gets it. Nothing of it counts before all of it is
 * there. A crash or a lost connection costs some chunks; what does not verify ends it with a reason,
 * and the feed then comes entry by entry.
 */
import type { Schedule } from '../../platform/schedule.ts';
import { expandZstd } from '../../platform/expand-zstd.ts';
import type { FeedDatabase } from '../../platform/feeds/feed-database.ts';
import type { FeedLoad } from '../../platform/feeds/feed-loads.ts';
import type { Clock } from '../../protocol/clock.ts';
import { readLine } from '../../protocol/feed/feed-entry.ts';
import {
  CHUNK_EXPANDED_BYTES_MAX,
  entryOfLine,
  isChunk,
  linesOfChunk,
  openSnapshot,
  snapshotNameOf,
} from '../../protocol/feed/snapshot.ts';
import type { FeedSnapshot } from '../../protocol/feed/snapshot.ts';
import { encodeMessage } from '../../protocol/replication/messages.ts';
import type { MessageType, SnapshotMessage } from '../../protocol/replication/messages.ts';

export type SnapshotLoadingOptions = {
  database: FeedDatabase;
  clock: Clock;
  schedule: Schedule;
  send: (type: MessageType, payload: Uint8Array) => void;
  /** All of it is in force. */
  onLoaded: (origin: string) => void;
  /** It does not verify; a sentence. */
  onRefused: (origin: string, message: string) => void;
  /** What the database throws while a step is taken. */
  guarded: (work: () => void) => void;
};

/** Chunks asked for together: less than a megabyte on the way and in memory. */
const WINDOW = 12;
/** Without a chunk for so long the rest is asked for again. */
const AGAIN_MS = 5_000;
/** Documents judged and written between two looks at the clock. */
const STEP_LINES = 25;
/** One transaction of the writer, so that what else waits for a core or the disk waits no longer. */
const STEP_MS = 6;
/** Of the time that is left to others for each step. */
const PAUSE_SHARE = 1;
const PAUSE_MS_MIN = 2;
/** Lines of snapshots have no place in an entry: they are told apart below that of a whole entry. */
const FIRST_LINE = -2;

type Loading = {
  load: FeedLoad;
  snapshot: FeedSnapshot;
  arrived: Map<number, Uint8Array>;
  /** Of the chunk that is next, once it is expanded. */
  lines: Uint8Array[] | undefined;
  at: number;
  askedTo: number;
  heardMs: number;
};

export class SnapshotLoading {
  readonly #options: SnapshotLoadingOptions;
  /** By the place of the feed. */
  readonly #loadings = new Map<string, Loading>();
  #cancelStep: (() => void) | undefined;
  #isClosed = false;

  constructor(options: SnapshotLoadingOptions) {
    this.#options = options;
  }

  /** Headquarters has a snapshot of a feed that is wanted at `place`. */
  offered(place: string, vkey: string, { origin, name, bytes }: SnapshotMessage): void {
    const running = this.#loadings.get(place);
    if (running?.load.name === name) {
      this.#requestAgain(running);
      return;
    }
    const note = Buffer.from(bytes).toString('utf8');
    const opened = openSnapshot(note, vkey);
    if (snapshotNameOf(note) !== name) this.#refuse(origin, 'it is not the one that it is called');
    else if (!opened.ok) this.#refuse(origin, opened.detail);
    else if (opened.snapshot.origin !== origin) this.#refuse(origin, 'it is of another feed');
    else this.#begin(place, { origin, name, note }, opened.snapshot);
  }

  /** One chunk, wanted or not. */
  chunk({ name, chunk = 0, bytes }: SnapshotMessage): void {
    const loading = [...this.#loadings.values()].find(({ load }) => load.name === name);
    if (loading === undefined) return;
    const { load, snapshot, arrived } = loading;
    if (chunk < load.nextChunk || chunk >= load.nextChunk + WINDOW) return;
    if (!isChunk(snapshot, chunk, bytes)) {
      this.#abandon(loading, `chunk ${chunk} is not the one that was signed`);
      return;
    }
    loading.heardMs = this.#now();
    arrived.set(chunk, bytes);
    this.#stepLater(0);
  }

  /** To be called now and then: asks again for what did not come. */
  tick(): void {
    for (const loading of this.#loadings.values()) {
      if (this.#now() - loading.heardMs > AGAIN_MS) this.#requestAgain(loading);
    }
  }

  /** How far each is, in chunks. */
  progress(): { place: string; snapshot: FeedSnapshot; chunk: number }[] {
    return [...this.#loadings].map(([place, { load, snapshot }]) => {
      return { place, snapshot, chunk: load.nextChunk };
    });
  }

  /** The way to headquarters is gone: what was on it is lost, what is here stays. */
  lost(): void {
    for (const loading of this.#loadings.values()) loading.askedTo = loading.load.nextChunk;
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelStep?.();
  }

  #begin(
    place: string,
    of: { origin: string; name: string; note: string },
    snapshot: FeedSnapshot,
  ): void {
    const load = this.#options.database.loads.begin({ place, ...of });
    const loading: Loading = {
      ...{ load, snapshot, arrived: new Map(), lines: undefined, at: 0 },
      ...{ askedTo: load.nextChunk, heardMs: this.#now() },
    };
    this.#loadings.set(place, loading);
    if (load.nextChunk >= snapshot.chunks.length) this.#stepLater(0);
    else this.#request(loading);
  }

  /** What was asked for may be lost; some of it may come twice. A step may have failed, too. */
  #requestAgain(loading: Loading): void {
    loading.askedTo = loading.load.nextChunk;
    this.#request(loading);
    this.#stepLater(0);
  }

  /** From the first on that is neither here nor on its way. */
  #request(loading: Loading): void {
    const { load, snapshot, arrived, askedTo } = loading;
    let start = Math.max(load.nextChunk, askedTo);
    while (arrived.has(start)) start += 1;
    const end = Math.min(snapshot.chunks.length, load.nextChunk + WINDOW);
    loading.heardMs = this.#now();
    if (start >= end) return;
    loading.askedTo = end;
    const { origin, name } = load;
    const ask = { type: 'control', origin, round: 0, action: 'chunks', evidence: '' } as const;
    const payload = encodeMessage({ ...ask, snapshot: name, start, count: end - start });
    this.#options.send('control', payload);
  }

  #stepLater(delayMs: number): void {
    if (this.#isClosed || this.#cancelStep !== undefined) return;
    this.#cancelStep = this.#options.schedule(() => {
      this.#cancelStep = undefined;
      this.#options.guarded(() => this.#step());
    }, delayMs);
  }

  /** One small transaction of whichever has something to do. */
  #step(): void {
    if (this.#isClosed) return;
    const beganMs = this.#now();
    const loading = [...this.#loadings.values()].find((one) => this.#isReady(one));
    if (loading === undefined) return;
    const isDone = loading.load.nextChunk >= loading.snapshot.chunks.length;
    if (isDone) this.#finish(loading);
    else this.#advance(loading, beganMs);
    const spentMs = this.#now() - beganMs;
    this.#stepLater(Math.max(PAUSE_MS_MIN, Math.ceil(spentMs * PAUSE_SHARE)));
  }

  #isReady({ load, snapshot, arrived, lines }: Loading): boolean {
    const { nextChunk } = load;
    return nextChunk >= snapshot.chunks.length || lines !== undefined || arrived.has(nextChunk);
  }

  #advance(loading: Loading, beganMs: number): void {
    const { load, arrived } = loading;
    const { database } = this.#options;
    const lines = loading.lines ?? this.#expand(loading);
    if (lines === undefined) {
      this.#abandon(loading, `chunk ${load.nextChunk} cannot be expanded`);
      return;
    }
    loading.lines = lines;
    const end = Math.min(lines.length, loading.at + this.#stepLines);
    const taken = lines.slice(loading.at, end).map((bytes, offset) => {
      const ordinal = load.nextChunk * CHUNK_EXPANDED_BYTES_MAX + loading.at + offset;
      const read = readLine(bytes, FIRST_LINE - ordinal);
      return { ...read, index: entryOfLine(read.value) };
    });
    const endsChunk = end === lines.length;
    database.loads.apply(load, taken, endsChunk);
    this.#adapt(this.#now() - beganMs, taken.length);
    loading.at = end;
    if (!endsChunk) return;
    arrived.delete(load.nextChunk);
    loading.load = { ...load, nextChunk: load.nextChunk + 1 };
    loading.lines = undefined;
    loading.at = 0;
    // Half a window ahead, so that the way is never empty.
    if (loading.askedTo - loading.load.nextChunk <= WINDOW / 2) this.#request(loading);
  }

  #stepLines = STEP_LINES;

  /** As many documents as take about the time of a step on this machine. */
  #adapt(spentMs: number, lines: number): void {
    if (spentMs <= 0) return;
    const wanted = Math.round((lines * STEP_MS) / spentMs);
    this.#stepLines = Math.max(STEP_LINES, Math.min(wanted, 2 * this.#stepLines, 500));
  }

  #expand({ load, arrived }: Loading): Uint8Array[] | undefined {
    const bytes = arrived.get(load.nextChunk);
    const expanded = bytes && expandZstd(bytes, CHUNK_EXPANDED_BYTES_MAX);
    return expanded && linesOfChunk(expanded);
  }

  #finish({ load, snapshot }: Loading): void {
    const { database } = this.#options;
    this.#loadings.delete(load.place);
    const row = database.feed(load.origin);
    if (row === undefined || (row.state === 'active' && row.size >= snapshot.size)) {
      // Another life's feed came meanwhile, or this one by its entries.
      database.loads.drop(load.place);
      return;
    }
    database.activateLoad(load, snapshot);
    this.#options.onLoaded(load.origin);
  }

  #abandon({ load }: Loading, why: string): void {
    this.#loadings.delete(load.place);
    this.#options.database.loads.drop(load.place);
    this.#refuse(load.origin, why);
  }

  #refuse(origin: string, why: string): void {
    this.#options.onRefused(origin, `A snapshot of ${origin} was refused: ${why}.`);
  }

  #now(): number {
    return this.#options.clock.monotonicMs();
  }
}
