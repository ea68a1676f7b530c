/**
 * What this gateway has told people of a second copy of itself, so that it tells each thing once:
 * headquarters reminds it for a fortnight, and an alarm that somebody cleared should not come back
 * without anything new. Also which epochs the other copy began: they are not taken for its own.
 *
 * A small durable file. One that cannot be read or written is no reason to stop: something is told
 * twice then.
 */
import { createHash } from 'node:crypto';
import { readFileIfPresent, writeFileAtomicallySync } from '../../platform/durable/atomic-file.ts';
import { isUnwritable } from '../../platform/durable/errno.ts';
import type { FileSystem } from '../../platform/durable/file-system.ts';
import { nodeFileSystem } from '../../platform/durable/node-file-system.ts';

/** Headquarters keeps 16 contradictions of a log; this is four logs' worth. */
const KNOWN_MAX = 64;

export class TwinBook {
  readonly #path: string;
  readonly #disk: FileSystem;
  #known: readonly string[];

  constructor(path: string, disk: FileSystem = nodeFileSystem) {
    this.#path = path;
    this.#disk = disk;
    this.#known = read(path, disk);
  }

  knows(what: string): boolean {
    return this.#known.includes(nameOf(what));
  }

  /** Durable when it returns, if the medium takes writes. */
  learn(what: string): void {
    this.#known = [...this.#known, nameOf(what)].slice(-KNOWN_MAX);
    try {
      writeFileAtomicallySync(this.#path, `${JSON.stringify(this.#known)}\n`, { disk: this.#disk });
    } catch (error) {
      if (!isUnwritable(error)) throw error;
    }
  }
}

/** Notes are long, and only whether they are the same matters. */
function nameOf(what: string): string {
  return createHash('sha256').update(what).digest('base64');
}

function read(path: string, disk: FileSystem): string[] {
  const bytes = readFileIfPresent(path, disk);
  if (bytes === undefined) return [];
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    return Array.isArray(value) ? value.filter((name) => typeof name === 'string') : [];
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}
