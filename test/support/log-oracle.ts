/**
 * Holds a gateway's log and headquarters' custody against what the tills were told. It reads the
 * files themselves, of processes that run, were killed, or lie on a disk that lost its power, and
 * gives sentences: none when all is as promised.
 *
 * Follows one log from its first entry; each look reads only what was added since the last one.
 */
import { gatewayPaths, hqPaths } from '../../config/paths.ts';
import { openLedgerReader } from '../../daemon/ledger/reader.ts';
import type { LedgerReader } from '../../daemon/ledger/reader.ts';
import { FileReader } from '../../hq/custody/files/file-reader.ts';
import { isTillgateError } from '../../protocol/errors.ts';
import { encodeBase64 } from '../../protocol/log/base64.ts';
import { decodeEntry } from '../../protocol/log/entry.ts';
import { hashesEqual, leafHash, rootAt } from '../../protocol/log/merkle.ts';
import type { Hash } from '../../protocol/log/merkle.ts';
import {
  blobViolations,
  entryViolations,
  headViolations,
  sampleViolations,
} from './log-violations.ts';
import type { Told, ToldBook } from './told-book.ts';

/** What one look found, and how far it read. */
export interface Look {
  size: number;
  violations: string[];
}

export interface Booked {
  index: number;
  totalMinor: number;
}

const VIOLATIONS_MAX = 20;

export class LogOracle {
  readonly #book: ToldBook;
  /** Every sale in the log, whether its till heard of it or not. */
  readonly booked = new Map<string, Booked>();
  /** Of each entry, by index. */
  #kinds: string[] = [];
  /** Of the entries that were read. */
  #root: Hash | undefined;
  #told = 0;
  #atHq = 0;
  /** The largest size that headquarters is known to have cosigned. */
  #cosigned = 0;

  constructor(book: ToldBook) {
    this.#book = book;
  }

  /** One that goes on from here by itself, and knows of so many cosigned entries. */
  fork(cosigned: number): LogOracle {
    const fork = new LogOracle(this.#book);
    for (const [id, booked] of this.booked) fork.booked.set(id, booked);
    fork.#kinds = [...this.#kinds];
    fork.#root = this.#root;
    fork.#told = this.#told;
    fork.#atHq = this.#atHq;
    fork.#cosigned = cosigned;
    return fork;
  }

  get cosignedSize(): number {
    return this.#cosigned;
  }

  get bookedMinor(): number {
    return [...this.booked.values()].reduce((sum, { totalMinor }) => sum + totalMinor, 0);
  }

  /** Headquarters' signature over so many entries was seen. */
  cosigned(size: number): void {
    this.#cosigned = Math.max(this.#cosigned, size);
  }

  /** The gateway's home, its process running or not. `toldCount` of the book are known to count. */
  lookAtGateway(home: string, toldCount = this.#book.told.length): Look {
    const paths = gatewayPaths(home);
    return withReader(paths.dataDir, toldCount, (reader) => {
      const violations = headViolations(reader, paths.signedHeadFile, 'the signed head');
      violations.push(...headViolations(reader, paths.hqHeadFile, "headquarters' head"));
      if (reader.epochs().length !== 1) violations.push(`a new epoch was opened: ${reader.origin}`);
      const size = reader.size();
      if (size < this.#kinds.length) {
        violations.push(`the log went back from ${this.#kinds.length} to ${size} entries`);
        return { size, violations };
      }
      const known = this.#kinds.length;
      if (this.#root !== undefined) {
        const isSame = hashesEqual(this.#root, rootAt(known, reader.node));
        if (!isSame) violations.push(`the root at ${known} has changed`);
      }
      violations.push(...sampleViolations(reader, known));
      this.#readNew(reader, size, violations);
      this.#root = rootAt(this.#kinds.length, reader.node);
      for (; this.#told < toldCount; this.#told += 1) {
        const told = this.#book.told[this.#told];
        if (told !== undefined) violations.push(...this.#judge(told, reader));
      }
      return { size, violations: violations.slice(0, VIOLATIONS_MAX) };
    });
  }

  /** Headquarters' home, held against the log of the gateway's, which may be ahead. */
  async lookAtHq(hqHome: string, gatewayHome: string): Promise<Look> {
    const custody = openCustody(hqPaths(hqHome).custodyDir);
    if (custody === undefined) return { size: 0, violations: missing(this.#cosigned) };
    const reader = openLedgerReader(gatewayPaths(gatewayHome).dataDir);
    try {
      const head = await custody.head(reader.origin);
      const size = head?.size ?? 0;
      const violations = size < this.#cosigned ? missing(this.#cosigned, size) : [];
      if (head === undefined) return { size, violations };
      if (size > reader.size()) {
        violations.push(`headquarters holds ${size} entries, the gateway ${reader.size()}`);
        return { size, violations };
      }
      if (!hashesEqual(head.root, rootAt(size, reader.node))) {
        violations.push(`headquarters' root at ${size} is not the gateway's`);
      }
      for await (const { index, leaf } of custody.entries(reader.origin, this.#atHq, size)) {
        const isCosigned = index < this.#cosigned;
        violations.push(...(await entryViolations({ reader, custody, index, leaf, isCosigned })));
      }
      this.#atHq = size;
      return { size, violations: violations.slice(0, VIOLATIONS_MAX) };
    } finally {
      reader.close();
      await custody.close();
    }
  }

  #readNew(reader: LedgerReader, size: number, violations: string[]): void {
    for (const { index, leaf } of reader.entries(this.#kinds.length, size)) {
      const { header, body } = decodeEntry(leaf);
      this.#kinds.push(header.kind);
      if (!hashesEqual(leafHash(leaf), reader.node(0, index))) {
        violations.push(`entry ${index} is not what its hash says`);
      }
      violations.push(...blobViolations(header, reader));
      if (header.kind !== 'transaction') continue;
      const bytes = header.body.at === 'inline' ? body : reader.blob(index)?.bytes;
      const text = Buffer.from(bytes ?? new Uint8Array(0)).toString();
      const { transactionId, total } = saleOf(text);
      const before = this.booked.get(transactionId);
      if (before !== undefined) {
        violations.push(`${transactionId} is booked at ${before.index} and at ${index}`);
      }
      this.booked.set(transactionId, { index, totalMinor: total });
    }
  }

  #judge(told: Told, reader: LedgerReader): string[] {
    const { submission } = told;
    const id = submission.transactionId ?? 'something unreadable';
    if (told.kind === 'recorded') {
      // A refusal or conflict is found by its index once its answer is heard.
      if (!submission.acceptable || this.booked.has(id)) return [];
      return [`${id} was acknowledged and is not in the log`];
    }
    if (told.kind === 'kept') {
      const kind = this.#kinds[told.index];
      if (kind === told.outcome) return [];
      return [`${id} was ${told.outcome} at ${told.index}, which is ${kind ?? 'beyond the end'}`];
    }
    const leaf = reader.entry(told.index);
    if (leaf === undefined) return [`${id} was accepted at ${told.index}, beyond the end`];
    const isThere = told.origin === reader.origin && this.booked.get(id)?.index === told.index;
    const isSame = encodeBase64(leafHash(leaf)) === told.leafHash;
    return isThere && isSame ? [] : [`entry ${told.index} is not ${id} as it was accepted`];
  }
}

/** A ledger that is not there is a violation only when something was told. */
function withReader(
  dataDir: string,
  toldCount: number,
  look: (reader: LedgerReader) => Look,
): Look {
  let reader: LedgerReader;
  try {
    reader = openLedgerReader(dataDir);
  } catch (error) {
    if (!isTillgateError(error, 'LEDGER_MISSING')) throw error;
    const violations = toldCount === 0 ? [] : ['the ledger is gone'];
    return { size: 0, violations };
  }
  try {
    return look(reader);
  } finally {
    reader.close();
  }
}

function openCustody(folder: string): FileReader | undefined {
  try {
    return FileReader.open(folder, { durableOnly: false });
  } catch (error) {
    if (isTillgateError(error, 'HQ_CUSTODY_MISSING')) return undefined;
    throw error;
  }
}

function missing(cosigned: number, size = 0): string[] {
  if (cosigned <= size) return [];
  return [`headquarters cosigned ${cosigned} entries and holds ${size}`];
}

function saleOf(text: string): { transactionId: string; total: number } {
  try {
    return JSON.parse(text) as { transactionId: string; total: number };
  } catch {
    // A body that cannot be read is one that differs: told apart by its empty id.
    return { transactionId: '', total: 0 };
  }
}
