/**
 * What is still to be done about earlier epochs, as a small durable file: written before the new
 * epoch opens, brought forward now and then, gone when nothing is left. A crash in between carries
 * some sales a second time, which HQ recognises by their transaction id; it never leaves one behind.
 *
 * For each origin that is two things: entries that may not be at HQ are carried over, and what HQ
 * holds and this ledger does not is fetched back. Neither waits for the other.
 */
import { dirname, join } from 'node:path';
import { readFileIfPresent, writeFileAtomicallySync } from '../../platform/durable/atomic-file.ts';
import type { FileSystem } from '../../platform/durable/file-system.ts';
import { nodeFileSystem } from '../../platform/durable/node-file-system.ts';

/** Entries of `origin` from `next` on, below `end` if it is there, may not be at HQ. */
export type Carry = { origin: string; next: number; end?: number };

type Left = {
  origin: string;
  /** Null when everything is carried over. */
  next: number | null;
  end?: number;
  /** Where carrying began; what is below was taken for HQ's. */
  from: number;
  /** What HQ holds of it is still to be fetched. */
  fetch: boolean;
  /** A person said that nobody can send it: it is still taken when it comes, and not waited for. */
  givenUp?: boolean;
  /** HQ has contradicted it since it was left: how much was carried over stays known. */
  doubted?: boolean;
};

const CARRY_FILE = 'carry.json';

export class CarryList {
  readonly #path: string;
  readonly #disk: FileSystem;
  #left: Left[];

  /** Reads the list in `dataDir`; a missing one is empty. */
  constructor(dataDir: string, disk: FileSystem = nodeFileSystem) {
    this.#disk = disk;
    this.#path = join(dataDir, CARRY_FILE);
    this.#left = parse(readFileIfPresent(this.#path, disk));
  }

  /** Oldest first. */
  get carries(): readonly Carry[] {
    return this.#left.flatMap(({ origin, next, end }) =>
      next === null ? [] : [{ origin, next, ...(end !== undefined && { end }) }],
    );
  }

  /** Origins of which HQ may hold more than this ledger, oldest first. */
  get fetches(): readonly string[] {
    return this.#left.filter(({ fetch }) => fetch).map(originOf);
  }

  /** Those of them that anything waits for. */
  get awaited(): readonly string[] {
    return this.#left.filter(({ fetch, givenUp }) => fetch && givenUp !== true).map(originOf);
  }

  /** Nobody can send back what is missing: nothing waits for it any more. */
  giveUp(): void {
    for (const left of this.#left) if (left.fetch) this.#put({ ...left, givenUp: true });
  }

  /** Remembers an epoch that is being left; durable when it returns. */
  add({ origin, next }: Carry): void {
    this.#put({ origin, next, from: next, fetch: true });
  }

  /** Remembers a log that is known by name alone. */
  addFetch(origin: string): void {
    const known = this.#find(origin) ?? { origin, next: null, from: 0 };
    this.#put({ ...known, fetch: true });
  }

  /** HQ contradicts a log of `size` entries that was left: where it does has to be looked up. */
  doubt(origin: string, size: number): void {
    const known = this.#find(origin) ?? { origin, next: null, from: size };
    this.#put({ ...known, fetch: true, doubted: true });
  }

  /** HQ's log differs from `fork` on, so what was taken for HQ's has to be carried over as well. */
  forkedAt(origin: string, fork: number): void {
    const known = this.#find(origin);
    if (known === undefined || fork >= known.from) return;
    const end = known.next === null ? known.from : known.end;
    this.#put({ ...known, next: fork, from: fork, ...(end !== undefined && { end }) });
  }

  /** Entries of `origin` below `next` are carried over. */
  advance(origin: string, next: number): void {
    const known = this.#find(origin);
    if (known !== undefined) this.#put({ ...known, next });
  }

  /** Everything of `origin` is carried over. */
  finish(origin: string): void {
    const known = this.#find(origin);
    if (known !== undefined) this.#put({ ...known, next: null });
  }

  /** Everything that HQ holds of `origin` is here. */
  fetched(origin: string): void {
    const known = this.#find(origin);
    if (known !== undefined) this.#put({ ...known, fetch: false });
  }

  #find(origin: string): Left | undefined {
    return this.#left.find((left) => left.origin === origin);
  }

  #put(left: Left): void {
    const at = this.#left.findIndex(({ origin }) => origin === left.origin);
    const others = this.#left.filter(({ origin }) => origin !== left.origin);
    const isDone = left.next === null && !left.fetch && left.doubted !== true;
    this.#left = isDone ? others : others.toSpliced(at < 0 ? others.length : at, 0, left);
    this.#write();
  }

  #write(): void {
    if (this.#left.length > 0) {
      writeFileAtomicallySync(this.#path, `${JSON.stringify(this.#left)}\n`, {
        disk: this.#disk,
      });
      return;
    }
    this.#disk.removeSync(this.#path);
    this.#disk.syncFolderSync(dirname(this.#path));
  }
}

const originOf = ({ origin }: Left): string => origin;

/** A file that is not ours counts as empty: carrying is a second chance, never a reason to stop. */
function parse(bytes: Uint8Array | undefined): Left[] {
  if (bytes === undefined) return [];
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
  return Array.isArray(value) ? value.flatMap((item) => readLeft(item)) : [];
}

/** An item of an earlier release says only where to carry on. */
function readLeft(value: unknown): Left[] {
  if (typeof value !== 'object' || value === null) return [];
  const { origin, next, end, from, fetch, doubted, givenUp } = value as Record<string, unknown>;
  if (typeof origin !== 'string' || (next !== null && !isSize(next))) return [];
  const place = { origin, next, from: isSize(from) ? from : (next ?? 0), fetch: fetch === true };
  const marks = { ...(doubted === true && { doubted }), ...(givenUp === true && { givenUp }) };
  const left = { ...place, ...marks };
  return [isSize(end) ? { ...left, end } : left];
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
