/**
 * Writes a log of headquarters' own: entries of the common format, their tree, a checkpoint signed
 * by headquarters, and all of it in custody like any other log: durable when `append` resolves,
 * proven, projected and backed up with the rest. One writer a log; appends follow each other.
 */
import type { Clock } from '../../protocol/clock.ts';
import type { Json } from '../../protocol/json/json-value.ts';
import { formatCheckpoint } from '../../protocol/log/checkpoint.ts';
import { ENTRY_VERSION, decodeEntry, encodeEntry, inlineBody } from '../../protocol/log/entry.ts';
import type { EntryKind } from '../../protocol/log/entry.ts';
import { HLC_ZERO, formatHlc, hlcTick, parseHlc } from '../../protocol/log/hlc.ts';
import type { Hlc } from '../../protocol/log/hlc.ts';
import { leafHash } from '../../protocol/log/merkle.ts';
import { formatNote, formatSignatureLine } from '../../protocol/log/note.ts';
import type { NoteSigner } from '../../protocol/log/note.ts';
import { assert, must } from '../../protocol/must.ts';
import type { Custody } from '../custody/custody.ts';
import { headFrontier } from '../custody/merkle-reads.ts';
import type { HeadMaker } from '../ingest/head-maker.ts';

export type LogWriterOptions = {
  custody: Custody;
  /** Cosigns what is durable, like the head of any log. */
  heads: HeadMaker;
  /** Named as the log. */
  signer: NoteSigner;
  clock: Clock;
  /** Names this start of the process. */
  bootId: string;
};

export type OwnEntry = {
  kind: EntryKind;
  members: Readonly<Record<string, Json>>;
  /** Inline, with its media type among the members. */
  body?: Uint8Array;
};

/** Entries behind one append, so that a frame of custody holds them: at most 64 KiB a leaf. */
export const TOGETHER_MAX = 32;

export class LogWriter {
  readonly #options: LogWriterOptions;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: LogWriterOptions) {
    this.#options = options;
  }

  /** Entries held. */
  async size(): Promise<number> {
    const { custody, signer } = this.#options;
    return (await custody.head(signer.name))?.size ?? 0;
  }

  /** Durable when it resolves; gives the index of the entry. */
  append(entry: OwnEntry): Promise<number> {
    return this.appendTogether([entry]);
  }

  /** The same for up to `TOGETHER_MAX` entries in one step; gives the index of the first. */
  appendTogether(entries: readonly OwnEntry[]): Promise<number> {
    assert(entries.length > 0 && entries.length <= TOGETHER_MAX, 'some entries, and not too many');
    const result = this.#turn.then(() => this.#append(entries));
    this.#turn = result.catch(() => undefined);
    return result;
  }

  async #append(own: readonly OwnEntry[]): Promise<number> {
    const { custody, signer, heads } = this.#options;
    const { name: origin, vkey: logVkey } = signer;
    await custody.admit({ origin, logVkey, note: '' });
    const head = must(await custody.head(origin), 'the log was just admitted');
    const { size, root } = head;
    let last = await this.#lastHlc(origin, size);
    const frontier = await headFrontier(custody, head);
    const entries = own.map((entry, at) => {
      const header = this.#header(entry, size + at, last);
      last = parseHlc(header.hlc);
      const leaf = encodeEntry(header, entry.body);
      return { leaf, nodes: frontier.append(leafHash(leaf)) };
    });
    const newRoot = frontier.root();
    const text = formatCheckpoint({ origin, size: size + own.length, root: newRoot });
    const line = formatSignatureLine({ ...signer, signature: signer.sign(text) });
    const checkpoint = formatNote(text, [line]);
    const outcome = await custody.append({ origin, size, root, entries, newRoot, checkpoint });
    assert(outcome.verdict === 'appended', 'a log of its own has one writer');
    await custody.keepCosigned(origin, heads.cosigned(outcome.head).note);
    return size;
  }

  #header(
    { kind, members, body }: OwnEntry,
    index: number,
    last: Hlc,
  ): Parameters<typeof encodeEntry>[0] {
    const { clock: system, bootId } = this.#options;
    const wall = Math.max(0, Math.floor(system.wallMs()));
    const monotonicMs = Math.max(0, Math.floor(system.monotonicMs()));
    return {
      ...members,
      ...{ v: ENTRY_VERSION, kind, index, body: inlineBody(body) },
      recordedAt: new Date(wall).toISOString(),
      clock: { wall, monotonicMs, bootId, source: 'system' },
      hlc: formatHlc(hlcTick(last, wall)),
    };
  }

  async #lastHlc(origin: string, size: number): Promise<Hlc> {
    const last = size === 0 ? undefined : await this.#options.custody.entry(origin, size - 1);
    return last === undefined ? HLC_ZERO : parseHlc(decodeEntry(last.leaf).header.hlc);
  }
}
