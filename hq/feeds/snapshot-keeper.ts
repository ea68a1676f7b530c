/**
 * Headquarters' snapshots of its feeds: made in the background when a feed has grown enough since the
 * last one, kept on disk, handed out a chunk at a time. Of each feed the newest two are kept, so that a
 * gateway that is half through one can end it. Everything here can be made again; what cannot be read
 * is removed, and gateways take entries instead.
 */
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../protocol/clock.ts';
import { isTillgateError } from '../../protocol/errors.ts';
import { isChunk, openSnapshot, snapshotNameOf } from '../../protocol/feed/snapshot.ts';
import type { FeedSnapshot } from '../../protocol/feed/snapshot.ts';
import type { NoteSigner } from '../../protocol/log/note.ts';
import { makeSnapshot } from './snapshot-maker.ts';
import {
  openSnapshotFile,
  readPart,
  removeSnapshotFile,
  writeSnapshotFile,
} from './snapshot-file.ts';
import type { SnapshotFile } from './snapshot-file.ts';

export type SnapshotKeeperOptions = {
  /** Of its own. */
  folder: string;
  /** Where feeds.db lies. */
  feedsFile: string;
  signerOf: (origin: string) => NoteSigner;
  clock: Clock;
  log: { warn(details: object, message: string): void };
  /** When one is due. */
  due?: typeof DUE;
};

export type KeptSnapshot = { name: string; note: string; snapshot: FeedSnapshot };

type Kept = KeptSnapshot & { file: SnapshotFile };

const DUE = {
  /** Below it a feed is taken in by its entries in a moment. */
  entriesMin: 64,
  /** Growth after which the next one is made: what a gateway fetches by entries besides. */
  entriesBetween: 256,
  /** Making one of a large chain takes some seconds of a core. */
  betweenMs: 10 * 60_000,
};
const KEPT_OF_EACH = 2;
const SUFFIX = '.snapshot';
/** A chunk holds about so many full entries: nearer than that, the entries are less to send. */
const ENTRIES_A_CHUNK = 16;

export class SnapshotKeeper {
  readonly #options: SnapshotKeeperOptions;
  /** The oldest first. */
  #kept: Kept[] = [];
  readonly #madeMs = new Map<string, number>();
  readonly #wanted = new Map<string, number>();
  #making: Promise<void> | undefined;
  #isClosed = false;
  readonly #listeners: ((origin: string) => void)[] = [];

  constructor(options: SnapshotKeeperOptions) {
    this.#options = options;
    mkdirSync(options.folder, { recursive: true });
    for (const file of readdirSync(options.folder)) this.#open(join(options.folder, file));
    this.#kept.sort((a, b) => a.snapshot.size - b.snapshot.size);
  }

  /** Hears when there is a newer snapshot of a feed. */
  onMade(listener: (origin: string) => void): void {
    this.#listeners.push(listener);
  }

  /** The feeds in force and their sizes: others, and what a lost life made, are not sent any more. */
  keepOnly(sizes: ReadonlyMap<string, number>): void {
    for (const kept of [...this.#kept]) {
      const { origin, size } = kept.snapshot;
      if (size > (sizes.get(origin) ?? 0)) this.#remove(kept);
    }
  }

  /** The feed has `size` entries now: makes a snapshot in the background where that is due. */
  grown(origin: string, size: number): void {
    const { entriesMin, entriesBetween, betweenMs } = this.#options.due ?? DUE;
    const last = this.newest(origin)?.snapshot.size;
    const since = this.#madeMs.get(origin);
    if (last === undefined ? size < entriesMin : size - last < entriesBetween) return;
    if (since !== undefined && this.#now() - since < betweenMs) return;
    this.#wanted.set(origin, size);
    this.#making ??= this.#makeWanted().finally(() => {
      this.#making = undefined;
    });
  }

  newest(origin: string): KeptSnapshot | undefined {
    return this.#kept.findLast(({ snapshot }) => snapshot.origin === origin);
  }

  /** The snapshot by which a gateway that holds `size` entries gets there sooner. */
  worthFor(origin: string, size: number): KeptSnapshot | undefined {
    const newest = this.newest(origin);
    if (newest === undefined) return undefined;
    const behind = newest.snapshot.size - size;
    const isWorth = size === 0 || behind > newest.snapshot.chunks.length * ENTRIES_A_CHUNK;
    return isWorth ? newest : undefined;
  }

  /** As it was signed; undefined where it is not here, or not what it was. */
  chunk(name: string, index: number): Uint8Array | undefined {
    const kept = this.#kept.find((one) => one.name === name);
    if (kept === undefined) return undefined;
    if (index >= kept.snapshot.chunks.length) return undefined;
    const bytes = readPart(kept.file, index + 1);
    if (bytes !== undefined && isChunk(kept.snapshot, index, bytes)) return bytes;
    this.#options.log.warn({ file: kept.file.path }, 'a snapshot is damaged and was removed');
    this.#remove(kept);
    return undefined;
  }

  /** Resolves when nothing is being made. */
  async settled(): Promise<void> {
    while (this.#making !== undefined) await this.#making;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#making;
  }

  async #makeWanted(): Promise<void> {
    for (const origin of this.#wanted.keys()) {
      this.#wanted.delete(origin);
      if (this.#isClosed) return;
      this.#madeMs.set(origin, this.#now());
      try {
        await this.#make(origin);
      } catch (error) {
        // The disk is full, say: gateways take entries meanwhile.
        this.#options.log.warn({ err: error, origin }, 'a snapshot could not be made');
      }
    }
  }

  async #make(origin: string): Promise<void> {
    const { feedsFile, signerOf, folder } = this.#options;
    const made = await makeSnapshot(feedsFile, origin, signerOf(origin));
    if (made === undefined || this.#isClosed) return;
    const path = join(folder, `${snapshotNameOf(made.note)}${SUFFIX}`);
    writeSnapshotFile(path, made.note, made.chunks);
    this.#open(path);
    const ofIt = this.#kept.filter(({ snapshot }) => snapshot.origin === origin);
    for (const old of ofIt.slice(0, -KEPT_OF_EACH)) this.#remove(old);
    for (const listener of this.#listeners) listener(origin);
  }

  #open(path: string): void {
    const file = path.endsWith(SUFFIX) ? openSnapshotFile(path) : undefined;
    const bytes = file && readPart(file, 0);
    const note = Buffer.from(bytes ?? new Uint8Array(0)).toString('utf8');
    const origin = note.split('\n')[1] ?? '';
    const opened = this.#opened(note, origin);
    if (
      file !== undefined &&
      opened !== undefined &&
      file.parts.length === opened.chunks.length + 1
    )
      this.#kept.push({ name: snapshotNameOf(note), note, snapshot: opened, file });
    else removeSnapshotFile(path);
  }

  #opened(note: string, origin: string): FeedSnapshot | undefined {
    try {
      const opened = openSnapshot(note, this.#options.signerOf(origin).vkey);
      return opened.ok ? opened.snapshot : undefined;
    } catch (error) {
      // No name of a key.
      if (isTillgateError(error)) return undefined;
      throw error;
    }
  }

  #remove(kept: Kept): void {
    this.#kept = this.#kept.filter((one) => one !== kept);
    removeSnapshotFile(kept.file.path);
  }

  #now(): number {
    return this.#options.clock.monotonicMs();
  }
}
