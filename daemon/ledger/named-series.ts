/**
 * Entries of one sort, found in the log without reading it: the n-th of a life of the log is written
 * under the name `PREFIX/LIFE/n`, and the ledger finds a name at once. So nothing beside the log has to
 * be kept, a crash loses nothing, and what headquarters sends back after a roll-back is part of it again.
 *
 * Relies on one writer at a time.
 */
import type { Json, JsonObject } from '../../protocol/json/json-value.ts';
import { decodeEntry } from '../../protocol/log/entry.ts';
import { parseOrigin } from '../../protocol/log/origin.ts';
import { must } from '../../protocol/must.ts';
import type { Answer, Append } from './commands.ts';
import type { LedgerReader } from './reader.ts';

export type NamedSeriesOptions = {
  prefix: string;
  kind: Append['kind'];
  reader: LedgerReader;
  ledger: { append(command: Append): Promise<Answer> };
  /** The log that is written now. */
  origin: () => string;
};

/** The header of an entry, and where it stands. */
export type NamedEntry = {
  header: JsonObject;
  at: { origin: string; index: number; epoch: number };
};

export class NamedSeries {
  readonly #options: NamedSeriesOptions;
  /** Entries of each life of the log, oldest life first. */
  readonly #counts = new Map<string, number>();
  readonly #readers = new Map<number, LedgerReader>();

  constructor(options: NamedSeriesOptions) {
    this.#options = options;
    this.reload();
  }

  /** Counts again: entries have come back. */
  reload(): void {
    const { reader } = this.#options;
    this.#counts.clear();
    const origins = [...reader.epochs(), ...reader.returned()].map(({ origin }) => origin);
    const lives = [...new Set(origins)].sort((a, b) => parseOrigin(a).epoch - parseOrigin(b).epoch);
    for (const life of lives.map(lifeOf)) this.#counts.set(life, this.#count(life));
  }

  /** Durable when it resolves; gives the entry, and those before it that somebody else wrote. */
  async append(
    members: Record<string, Json>,
    deviceId?: string,
  ): Promise<{ entry: NamedEntry; missed: NamedEntry[] }> {
    const { ledger, origin, kind } = this.#options;
    const life = lifeOf(origin());
    const missed: NamedEntry[] = [];
    for (;;) {
      const n = (this.#counts.get(life) ?? 0) + 1;
      const once = this.#nameOf(life, n);
      const from = deviceId === undefined ? {} : { deviceId };
      const answer = await ledger.append({ type: 'append', kind, members, once, ...from });
      this.#counts.set(life, n);
      const entry = must(this.#read(life, n), 'an entry that was written is in the log');
      if (!answer.duplicate) return { entry, missed };
      missed.push(entry);
    }
  }

  *oldestFirst(): Iterable<NamedEntry> {
    for (const [life, count] of this.#counts) {
      for (let n = 1; n <= count; n += 1) yield must(this.#read(life, n), 'it was counted');
    }
  }

  *newestFirst(): Iterable<NamedEntry> {
    for (const entries of this.lives()) yield* entries;
  }

  /** Of each life of the log, the newest first, its entries, the newest first. */
  *lives(): Iterable<Iterable<NamedEntry>> {
    for (const [life, count] of [...this.#counts].reverse()) yield this.#backwards(life, count);
  }

  *#backwards(life: string, count: number): Iterable<NamedEntry> {
    for (let n = count; n > 0; n -= 1) yield must(this.#read(life, n), 'it was counted');
  }

  /** By doubling and halving: names are given in order, without a gap. */
  #count(life: string): number {
    let known = 0;
    let step = 1;
    while (this.#has(life, known + step)) {
      known += step;
      step *= 2;
    }
    for (; step >= 1; step /= 2) if (this.#has(life, known + step)) known += step;
    return known;
  }

  #has(life: string, n: number): boolean {
    return this.#options.reader.findOnce(this.#nameOf(life, n)) !== undefined;
  }

  #read(life: string, n: number): NamedEntry | undefined {
    const ref = this.#options.reader.findOnce(this.#nameOf(life, n));
    if (ref === undefined) return undefined;
    const reader = this.#readerOf(ref.epoch);
    const leaf = must(reader.entry(ref.index), 'an entry that has a name is in the log');
    const header = decodeEntry(leaf).header as unknown as JsonObject;
    return { header, at: { origin: reader.origin, index: ref.index, epoch: ref.epoch } };
  }

  #readerOf(epoch: number): LedgerReader {
    const known = this.#readers.get(epoch);
    if (known !== undefined) return known;
    const reader = this.#options.reader.ofEpoch(epoch);
    this.#readers.set(epoch, reader);
    return reader;
  }

  #nameOf(life: string, n: number): string {
    return `${this.#options.prefix}/${life}/${n}`;
  }
}

/** `e1`, or `e2-0f1e2d3c`: what tells the lives of one gateway's log apart. */
function lifeOf(origin: string): string {
  return origin.slice(origin.lastIndexOf('/') + 1);
}
