/**
 * The newest note of each log that HQ itself cosigned: by it a headquarters that was restored from a
 * backup learns that it was, and what it lacks. `hq-head` cannot serve, because it follows HQ back.
 *
 * Guarantees: before a head is taken that shows less than HQ once signed, the note that shows more
 * is in this file, so that it outlives a crash; what HQ signed of earlier epochs is kept as well. A
 * file that cannot be read or written is no reason to stop: then the note is only in memory.
 */
import { isUnwritable } from '../../platform/durable/errno.ts';
import { readFileIfPresent, writeFileAtomicallySync } from '../../platform/durable/atomic-file.ts';
import { isTillgateError } from '../../protocol/errors.ts';
import { openCheckpoint } from '../../protocol/log/checkpoint.ts';
import { KEY_TYPE_COSIGNATURE } from '../../protocol/log/verifier-key.ts';
import type { SignedHead } from '../../protocol/replication/head.ts';
import type { WriteFile } from '../signing/head-signer.ts';
import { parseStoredHead, readStoredHead } from '../signing/stored-head.ts';

/** Epochs are rare; the log of the one that is forgotten has been offered to HQ for years. */
const LOGS_MAX = 64;

type Seen = { size: number; note: string };

export type HqEvidenceOptions = {
  /** Its own file lies beside this one. */
  hqHeadFile: string;
  /** The log whose head `hq-head` is about. */
  newestOrigin: string;
  writeFile?: WriteFile | undefined;
};

export class HqEvidence {
  readonly #options: HqEvidenceOptions;
  readonly #seen: Map<string, Seen>;
  #onDisk: string;

  constructor(options: HqEvidenceOptions) {
    this.#options = options;
    this.#seen = readEvidence(fileOf(options));
    this.#onDisk = this.#text();
    const stored = tolerantly(() => readStoredHead(options.hqHeadFile));
    if (stored?.timeSeconds === undefined) return;
    this.#keep(stored.origin, stored);
    // The first head of the new epoch takes its place in `hq-head`.
    if (stored.origin !== options.newestOrigin) this.#write();
  }

  /**
   * Takes the head that HQ answered a round of `origin` with. Gives the note to show HQ where it
   * once signed more than it holds now, or where the head contradicts the log (`isFork`).
   */
  answered(
    origin: string,
    head: SignedHead,
    how: { isFork: boolean; hqKeys: readonly string[] },
  ): string | undefined {
    const known = this.#seen.get(origin);
    if (known !== undefined && (how.isFork || head.size < known.size)) {
      this.#write();
      return isSignedBy(known.note, how.hqKeys) ? known.note : undefined;
    }
    this.grew(origin, head);
    return undefined;
  }

  /** HQ holds more of `origin`. */
  grew(origin: string, head: SignedHead): void {
    if ((this.#seen.get(origin)?.size ?? -1) > head.size) return;
    this.#keep(origin, head);
    if (origin !== this.#options.newestOrigin) this.#write();
  }

  /** A new epoch began, whose heads will fill `hq-head`. */
  beginEpoch(origin: string): void {
    this.#write();
    this.#options.newestOrigin = origin;
  }

  #keep(origin: string, { size, note }: Seen): void {
    this.#seen.delete(origin);
    this.#seen.set(origin, { size, note });
    const oldest = this.#seen.keys().next().value;
    if (this.#seen.size > LOGS_MAX && oldest !== undefined) this.#seen.delete(oldest);
  }

  #text(): string {
    return JSON.stringify({ version: VERSION, notes: [...this.#seen.values()].map(noteOf) });
  }

  #write(): void {
    const text = this.#text();
    if (text === this.#onDisk) return;
    const { writeFile = writeFileAtomicallySync } = this.#options;
    try {
      writeFile(fileOf(this.#options), text);
      this.#onDisk = text;
    } catch (error) {
      if (!isUnwritable(error)) throw error;
    }
  }
}

const VERSION = 1;
const fileOf = ({ hqHeadFile }: HqEvidenceOptions): string => `${hqHeadFile}-evidence`;
const noteOf = ({ note }: Seen): string => note;

function readEvidence(path: string): Map<string, Seen> {
  const seen = new Map<string, Seen>();
  const bytes = readFileIfPresent(path);
  if (bytes === undefined) return seen;
  for (const note of notesIn(Buffer.from(bytes).toString('utf8'))) {
    const head = tolerantly(() => parseStoredHead(note, path));
    if (head !== undefined) seen.set(head.origin, { size: head.size, note });
  }
  return seen;
}

function notesIn(text: string): string[] {
  try {
    const value = JSON.parse(text) as { notes?: unknown } | null;
    const notes = value?.notes;
    return Array.isArray(notes) ? notes.filter((note) => typeof note === 'string') : [];
  } catch (error) {
    // Whoever can spoil the file could as well remove it.
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}

/** Our own errors say that there is nothing to be had. */
function tolerantly<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (isTillgateError(error) && error.code !== 'INTERNAL') return undefined;
    throw error;
  }
}

/** What another headquarters signed, before this gateway joined this one, proves nothing to it. */
function isSignedBy(note: string, hqKeys: readonly string[]): boolean {
  const opened = tolerantly(() => openCheckpoint(note, hqKeys));
  return opened?.signatures.some(({ type }) => type === KEY_TYPE_COSIGNATURE) ?? false;
}
