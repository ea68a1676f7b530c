/**
 * What people do about entries that could not be projected: look, try again with the reader of now,
 * or waive one for good. A waiver is an entry of headquarters' own log, so it stands when the tables
 * are made again; the entry itself stays in custody for ever.
 */
import { TillgateError, isTillgateError } from '../../protocol/errors.ts';
import { BLOB_SALT_BYTES, decodeEntry } from '../../protocol/log/entry.ts';
import type { DecodedEntry } from '../../protocol/log/entry.ts';
import { readableText } from '../../platform/readable-text.ts';
import type { CustodyReader } from '../custody/custody.ts';
import type { OwnLog } from '../own-log/own-log.ts';
import type { ProjectionCall, ProjectionResults } from '../projection/projection-call.ts';
import type { QuarantineRow } from '../projection/reports.ts';

export type QuarantineItem = QuarantineRow & {
  /** When its gateway wrote it; null where its header cannot be read. */
  recordedAt: string | null;
};

export type QuarantineList = { open: number; waived: number; items: QuarantineItem[] };

export type ShownQuarantine = QuarantineItem & {
  header: unknown;
  /** Its body as text, cut; null where it cannot be read. */
  body: string | null;
  bodyBytes: number;
  next: string;
};

export type Retried = { origin: string; index: number; outcome: string; reason: string | null };

export type QuarantineDeskOptions = {
  custody: CustodyReader;
  ownLog: OwnLog;
  ask: <C extends ProjectionCall>(call: C) => Promise<ProjectionResults[C['call']]>;
};

/** More at once is a release that cannot read a kind; the next retry takes the rest. */
const ITEMS_MAX = 1_000;
const REASON_CHARS_MAX = 1_000;
const NAME_CHARS_MAX = 128;

export class QuarantineDesk {
  readonly #options: QuarantineDeskOptions;

  constructor(options: QuarantineDeskOptions) {
    this.#options = options;
  }

  async list(): Promise<QuarantineList> {
    const { ask } = this.#options;
    const { quarantined, waived } = await ask({ call: 'totals' });
    const rows = await ask({ call: 'quarantine', limit: ITEMS_MAX });
    const items: QuarantineItem[] = [];
    for (const row of rows) items.push(await this.#item(row));
    return { open: quarantined, waived, items };
  }

  async show(origin: string, index: number): Promise<ShownQuarantine> {
    const row = await this.#row(origin, index);
    const item = await this.#item(row);
    const entry = await this.#entry(row);
    const body = await this.#body(row, entry);
    return {
      ...item,
      header: entry?.header ?? null,
      body: body === undefined ? null : readableText(body),
      bodyBytes: body?.length ?? 0,
      next: nextStep(row),
    };
  }

  /** One entry, or all open ones. */
  async retry(one: { origin: string; index: number } | undefined): Promise<Retried[]> {
    const { ask, ownLog } = this.#options;
    const rows =
      one === undefined ? (await this.list()).items : [await this.#row(one.origin, one.index)];
    const retried: Retried[] = [];
    for (const { origin, index, waiver } of rows) {
      if (one === undefined && waiver !== null) continue;
      const result = await ask({ call: 'retry', origin, index });
      retried.push({ origin, index, ...result });
    }
    const outcomes = (outcome: string): number =>
      retried.filter((each) => each.outcome === outcome).length;
    const members = {
      event: 'quarantineRetry',
      tried: retried.length,
      quarantined: outcomes('quarantined'),
      ...(one !== undefined && { origin: one.origin, entryIndex: one.index }),
    };
    if (retried.length > 0) await ownLog.record({ kind: 'audit', members });
    return retried;
  }

  async waive(
    at: { origin: string; index: number },
    why: { reason: string; by: string },
  ): Promise<{ origin: string; index: number }> {
    const reason = worded(why.reason, '--reason', REASON_CHARS_MAX);
    const by = worded(why.by, '--by', NAME_CHARS_MAX);
    const { origin, index, waiver } = await this.#row(at.origin, at.index);
    if (waiver !== null) {
      throw new TillgateError('USAGE', `${waiver.by} has waived that entry already.`, {
        hint: 'tillgate quarantine list',
      });
    }
    const members = { waivedOrigin: origin, waivedIndex: index, reason, by };
    return this.#options.ownLog.record({ kind: 'waiver', members });
  }

  async #row(origin: string, index: number): Promise<QuarantineRow> {
    const rows = await this.#options.ask({ call: 'quarantine', limit: 1, at: { origin, index } });
    if (rows[0] !== undefined) return rows[0];
    throw new TillgateError('HQ_NOT_FOUND', `Entry ${index} of ${origin} is not in quarantine.`, {
      hint: 'tillgate quarantine list',
    });
  }

  async #item(row: QuarantineRow): Promise<QuarantineItem> {
    const recordedAt = (await this.#entry(row))?.header.recordedAt;
    return { ...row, recordedAt: typeof recordedAt === 'string' ? recordedAt : null };
  }

  async #entry({ origin, index }: QuarantineRow): Promise<DecodedEntry | undefined> {
    const kept = await this.#options.custody.entry(origin, index);
    if (kept === undefined) return undefined;
    try {
      return decodeEntry(kept.leaf);
    } catch (error) {
      if (isTillgateError(error, 'LOG_ENTRY_INVALID')) return undefined;
      throw error;
    }
  }

  async #body(
    row: QuarantineRow,
    entry: DecodedEntry | undefined,
  ): Promise<Uint8Array | undefined> {
    const { custody } = this.#options;
    const { origin, index } = row;
    if (entry === undefined) return (await custody.entry(origin, index))?.leaf;
    if (entry.header.body.at === 'inline') return entry.body;
    return (await custody.blob(origin, index))?.bytes.subarray(BLOB_SALT_BYTES);
  }
}

function nextStep({ waiver, uninterpreted }: QuarantineRow): string {
  if (waiver !== null) return `It was waived by ${waiver.by}: ${waiver.reason}`;
  return uninterpreted
    ? 'A later release reads it: upgrade headquarters, then `tillgate quarantine retry`.'
    : 'Book it by hand if it is a sale, then `tillgate quarantine waive` it with the reason.';
}

function worded(text: string, option: string, charsMax: number): string {
  const trimmed = text.trim();
  if (trimmed.length > 0 && trimmed.length <= charsMax) return trimmed;
  throw new TillgateError('USAGE', `${option} takes 1 to ${charsMax} characters.`);
}
