/**
 * Sales that stand in an epoch which can no longer be sent must reach HQ all the same: `accepted`
 * promised it. Their transactions are written again into the newest epoch, each with
 * `carriedFrom {origin, index, leafHash, recordedAt}`, while live sales go on. The first entry keeps
 * its claim on the transaction id, so a till that asks again gets its first answer; HQ counts a
 * sale that it finds in both logs once.
 *
 * What was refused or in conflict booked nothing and is not carried. What was promised or given back
 * of rights is, because headquarters counts by it; it says by its own id that it is the same again.
 */
import { passing, type Schedule } from '../../platform/schedule.ts';
import type { Json, JsonObject } from '../../protocol/json/json-value.ts';
import { isTillgateError } from '../../protocol/errors.ts';
import { encodeBase64 } from '../../protocol/log/base64.ts';
import { decodeEntry } from '../../protocol/log/entry.ts';
import { leafHash } from '../../protocol/log/merkle.ts';
import type { Append } from '../ledger/commands.ts';
import type { LedgerClient } from '../ledger/ledger-client.ts';
import type { EpochInfo } from '../ledger/ledger-port.ts';
import type { LedgerReader } from '../ledger/reader.ts';
import type { CarryList } from './carry-list.ts';

export type TailCarrierOptions = {
  ledger: Pick<LedgerClient, 'append'>;
  /** Opens a reader of the newest epoch; closed after use. */
  openReader: () => LedgerReader;
  list: CarryList;
  schedule: Schedule;
  /** Ends the work between two entries when the daemon stops; the list remembers where. */
  signal: AbortSignal;
};

/** Entries written together: they share a commit, and live sales wait behind few of them. */
const TOGETHER = 64;
/** How often progress is made durable, in entries. */
const ADVANCE_INTERVAL = 512;
/** How long to leave a full queue or disk alone. */
const RETRY_MS = 1_000;

/** Members that the ledger writes anew on every entry. */
const COMMON = new Set([
  'v',
  'kind',
  'index',
  'recordedAt',
  'clock',
  'hlc',
  'body',
  'deviceId',
  'mediaType',
]);

const CARRIED_EVENTS: ReadonlySet<string> = new Set(['returned', 'held', 'released', 'collected']);

/** Carries over everything on the list; resolves with how many sales that were. */
export async function carryTails(options: TailCarrierOptions): Promise<number> {
  const { list, openReader, signal } = options;
  let carried = 0;
  for (const { origin, next, end } of [...list.carries]) {
    const newest = openReader();
    try {
      // Still the newest: the epoch that was to follow never opened, and nothing was left behind.
      const info = leftLog(newest, origin);
      if (info !== undefined) {
        const size = Math.min(end ?? ownSize(newest, info), info.size);
        carried += await carryEpoch(options, newest.ofEpoch(info.epoch), { next, size });
      }
    } finally {
      newest.close();
    }
    if (signal.aborted) return carried;
    list.finish(origin);
  }
  return carried;
}

/** An own log that was left, or one that was lost here and came back whole. */
export function leftLog(reader: LedgerReader, origin: string): EpochInfo | undefined {
  if (origin === reader.origin) return undefined;
  const whole = reader.returned().filter((place) => place.of === null);
  return [...reader.epochs(), ...whole].find((log) => log.origin === origin);
}

/** What HQ sent back needs no carrying, as long as it is there. */
function ownSize(reader: LedgerReader, { epoch, size }: EpochInfo): number {
  return reader.returned().find((place) => place.epoch === epoch)?.base ?? size;
}

async function carryEpoch(
  options: TailCarrierOptions,
  from: LedgerReader,
  { next, size }: { next: number; size: number },
): Promise<number> {
  const { list, signal } = options;
  let carried = 0;
  let written = 0;
  let waiting: Promise<void>[] = [];
  for (let index = next; index < size; index++) {
    if (signal.aborted) break;
    const command = carryOver(from, index);
    if (command === undefined) continue;
    waiting.push(append(options, command));
    if (command.kind === 'transaction') carried += 1;
    if (waiting.length < TOGETHER) continue;
    await Promise.all(waiting);
    waiting = [];
    written += TOGETHER;
    if (written % ADVANCE_INTERVAL === 0) list.advance(from.origin, index + 1);
  }
  await Promise.all(waiting);
  return carried;
}

/** What a sale is carried from. */
export type CarriedFrom = Pick<LedgerReader, 'origin' | 'entry' | 'blob'>;

/** The command that writes entry `index` again, or undefined when nothing of it has to be. */
export function carryOver(from: CarriedFrom, index: number): Append | undefined {
  const leaf = from.entry(index);
  if (leaf === undefined) return undefined;
  const { header, body } = decodeEntry(leaf);
  if (header.kind !== 'transaction' && !isAboutRights(header as JsonObject)) return undefined;
  const bytes = header.body.at === 'blob' ? from.blob(index)?.bytes : body;
  if (bytes === undefined) return undefined;
  const members: Record<string, Json> = {};
  for (const [name, value] of Object.entries(header as JsonObject)) {
    if (!COMMON.has(name)) members[name] = value;
  }
  // A sale carried twice names where it was accepted, not where it was carried through.
  members['carriedFrom'] ??= {
    origin: from.origin,
    index,
    leafHash: encodeBase64(leafHash(leaf)),
    recordedAt: header.recordedAt,
  };
  const { kind, deviceId, mediaType } = header;
  return {
    ...{ type: 'append', kind: kind === 'transaction' ? kind : 'grant', members },
    ...(bytes.length > 0 && { body: bytes }),
    ...(deviceId !== undefined && { deviceId }),
    ...(mediaType !== undefined && { mediaType }),
  };
}

function isAboutRights({ kind, event }: JsonObject): boolean {
  return kind === 'grant' && typeof event === 'string' && CARRIED_EVENTS.has(event);
}

async function append(options: TailCarrierOptions, command: Append): Promise<void> {
  for (;;) {
    try {
      await options.ledger.append(command);
      return;
    } catch (error) {
      if (!isTillgateError(error) || !error.retryable) throw error;
      if (options.signal.aborted) throw error;
      await passing(options.schedule, RETRY_MS);
    }
  }
}
