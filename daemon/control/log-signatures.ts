/**
 * Whether the transactions that devices signed verify under the keys that the log itself enrols for
 * them: the keys are taken from its `device` entries, never from the registry beside it.
 */
import type { Json, JsonObject } from '../../protocol/json/json-value.ts';
import { isJsonObject } from '../../protocol/json/json-value.ts';
import { verifyJws } from '../../protocol/jws.ts';
import { isTillgateError } from '../../protocol/errors.ts';
import { decodeEntry } from '../../protocol/log/entry.ts';
import type { DecodedEntry } from '../../protocol/log/entry.ts';
import type { Fault } from '../../protocol/log/range-verifier.ts';
import type { DeviceKey } from '../../protocol/transaction/judgement.ts';
import type { EntryRef } from '../ledger/ledger-port.ts';
import type { LedgerReader } from '../ledger/reader.ts';

export interface DeviceEvent {
  readonly at: EntryRef;
  readonly recordedAtMs: number;
  readonly deviceId: string;
  readonly action: string;
  /** The key added; for a revocation only its `kid` counts. */
  readonly key?: DeviceKey;
  readonly kid?: string;
}

/** Events of all epochs, in order. */
export type DeviceEvents = readonly DeviceEvent[];

export interface SignatureResult {
  readonly faults: readonly Fault[];
  readonly faultCount: number;
  /** Signed bodies looked at. */
  readonly checked: number;
}

/** A submission that was judged before a revocation may be written after it; not much later. */
const REVOCATION_GRACE_MS = 10_000;

interface KeyLife {
  readonly key: DeviceKey;
  readonly from: EntryRef;
  until?: DeviceEvent;
}

/** What a `device` entry says about keys; undefined for what this version does not know. */
export function deviceEvent({ header }: DecodedEntry, at: EntryRef): DeviceEvent | undefined {
  const members = header as JsonObject;
  const { deviceId, action, kid, alg, publicKey } = members;
  if (typeof deviceId !== 'string' || typeof action !== 'string') return undefined;
  const event = { at, recordedAtMs: Date.parse(header.recordedAt), deviceId, action };
  if (typeof kid !== 'string') return event;
  const known = alg === 'Ed25519' || alg === 'ES256';
  if (!known || !isJsonObject(publicKey)) return { ...event, kid };
  return { ...event, kid, key: { kid, alg, spki: JSON.stringify(publicKey) } };
}

/** Checks every signed body of [start, end) of one epoch's log. */
export async function checkSignatures(
  log: LedgerReader,
  range: {
    epoch: number;
    start: number;
    end: number;
    faultsMax: number;
    events: DeviceEvents;
  },
): Promise<SignatureResult> {
  const lives = keyLives(range.events);
  const faults: Fault[] = [];
  let faultCount = 0;
  let checked = 0;
  for (const { index, leaf } of log.entries(range.start, range.end)) {
    const entry = signedEntry(leaf);
    if (entry === undefined) continue;
    checked++;
    const body = bodyOf(entry, log, index);
    const keys = keysAt(lives, entry, { epoch: range.epoch, index });
    const message =
      body === undefined ? 'The signed body is missing' : await check(entry, body, keys);
    if (message === undefined) continue;
    faultCount++;
    if (faults.length < range.faultsMax) faults.push({ index, kind: 'signature', message });
  }
  return { faults, faultCount, checked };
}

/** The entry, when it holds a signed body that the gateway has accepted as such. */
function signedEntry(leaf: Uint8Array): DecodedEntry | undefined {
  try {
    const entry = decodeEntry(leaf);
    const { v, kind, mediaType } = entry.header;
    const judged = kind === 'transaction' || kind === 'conflict';
    return v === 1 && judged && mediaType === 'application/jose' ? entry : undefined;
  } catch (error) {
    // A malformed leaf was named when its range was verified.
    if (isTillgateError(error, 'LOG_ENTRY_INVALID')) return undefined;
    throw error;
  }
}

function bodyOf(entry: DecodedEntry, log: LedgerReader, index: number): Uint8Array | undefined {
  return entry.header.body.at === 'inline' ? entry.body : log.blob(index)?.bytes;
}

async function check(
  { header }: DecodedEntry,
  body: Uint8Array,
  keys: readonly DeviceKey[],
): Promise<string | undefined> {
  if (keys.length === 0) return 'The log enrols no key of the device that signed';
  const verdict = await verifyJws(body, keys);
  if (!verdict.verified) return verdict.reason.replace(/\.$/, '');
  const signature: Json | undefined = (header as JsonObject)['signature'];
  const named = isJsonObject(signature) ? signature['kid'] : undefined;
  return named === verdict.kid
    ? undefined
    : 'The header names another key than the one that signed';
}

function keyLives(events: DeviceEvents): Map<string, KeyLife[]> {
  const lives = new Map<string, KeyLife[]>();
  for (const event of events) {
    const known = lives.get(event.deviceId) ?? [];
    lives.set(event.deviceId, known);
    if (event.action === 'keyRevoked' || event.action === 'deviceRevoked') {
      const ended = known.filter(
        (life) =>
          life.until === undefined &&
          (event.action === 'deviceRevoked' || life.key.kid === event.kid),
      );
      for (const life of ended) life.until = event;
    } else if (event.key !== undefined) {
      known.push({ key: event.key, from: event.at });
    }
  }
  return lives;
}

function keysAt(
  lives: ReadonlyMap<string, readonly KeyLife[]>,
  { header }: DecodedEntry,
  at: EntryRef,
): DeviceKey[] {
  const recordedAtMs = Date.parse(header.recordedAt);
  return (lives.get(header.deviceId ?? '') ?? [])
    .filter(
      ({ from, until }) =>
        isBefore(from, at) &&
        (until === undefined ||
          isBefore(at, until.at) ||
          recordedAtMs - until.recordedAtMs <= REVOCATION_GRACE_MS),
    )
    .map(({ key }) => key);
}

function isBefore(a: EntryRef, b: EntryRef): boolean {
  return a.epoch < b.epoch || (a.epoch === b.epoch && a.index < b.index);
}
