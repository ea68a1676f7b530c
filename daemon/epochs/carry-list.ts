/**
 * What still has to be carried over from earlier epochs, as a small durable file: written before
 * the new epoch opens, brought forward now and then, gone when nothing is left. A crash in between
 * carries some sales a second time, which HQ recognises by their transaction id; it never leaves one
 * behind.
 */
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  readFileIfPresent,
  syncDirectorySync,
  writeFileAtomicallySync,
} from '../../platform/durable/atomic-file.ts';

/** Entries of `origin` from `next` on may not be at HQ. */
export type Carry = { origin: string; next: number };

const CARRY_FILE = 'carry.json';

export class CarryList {
  readonly #path: string;
  #carries: Carry[];

  /** Reads the list in `dataDir`; a missing one is empty. */
  constructor(dataDir: string) {
    this.#path = join(dataDir, CARRY_FILE);
    this.#carries = parse(readFileIfPresent(this.#path));
  }

  /** Oldest first. */
  get carries(): readonly Carry[] {
    return this.#carries;
  }

  /** Remembers an epoch that is being left; durable when it returns. */
  add(carry: Carry): void {
    this.#carries = [...this.#carries.filter(({ origin }) => origin !== carry.origin), carry];
    this.#write();
  }

  /** Entries of `origin` below `next` are carried over. */
  advance(origin: string, next: number): void {
    this.#carries = this.#carries.map((carry) =>
      carry.origin === origin ? { origin, next } : carry,
    );
    this.#write();
  }

  /** Everything of `origin` is carried over. */
  finish(origin: string): void {
    this.#carries = this.#carries.filter((carry) => carry.origin !== origin);
    this.#write();
  }

  #write(): void {
    if (this.#carries.length > 0) {
      writeFileAtomicallySync(this.#path, `${JSON.stringify(this.#carries)}\n`);
      return;
    }
    rmSync(this.#path, { force: true });
    syncDirectorySync(dirname(this.#path));
  }
}

/** A file that is not ours counts as empty: carrying is a second chance, never a reason to stop. */
function parse(bytes: Uint8Array | undefined): Carry[] {
  if (bytes === undefined) return [];
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
  return Array.isArray(value) ? value.filter(isCarry) : [];
}

function isCarry(value: unknown): value is Carry {
  if (typeof value !== 'object' || value === null) return false;
  const { origin, next } = value as { origin?: unknown; next?: unknown };
  return typeof origin === 'string' && Number.isSafeInteger(next) && (next as number) >= 0;
}
