/**
 * Devices as witnesses: a submission may carry the last accepted answer its device holds. A log that
 * should contain that entry and does not was rolled back or cloned. The sale goes on; the alarm goes
 * up each time, the audit entry is written once a device and origin.
 */
import { isTillgateError } from '../../protocol/errors.ts';
import { parseOrigin, sameGateway } from '../../protocol/log/origin.ts';
import { must } from '../../protocol/must.ts';
import type { AcceptableFacts, Alarm } from './commands.ts';
import { draftEntry, type EntryContext } from './entry-draft.ts';
import type { EntryDraft, LedgerView } from './ledger-port.ts';
import { base64 } from './reply.ts';

/** The alarm, if this log should contain `held` and does not. */
export function missingResult(
  deviceId: string,
  held: AcceptableFacts['lastResult'],
  view: LedgerView,
): Alarm | undefined {
  if (held === null) return undefined;
  const epoch = view.epochByOrigin(held.origin);
  if (epoch !== undefined && isKept(held, epoch.epoch, view)) return undefined;
  const returned = view.returned().find((place) => place.origin === held.origin);
  if (returned !== undefined && isKept(held, returned.epoch, view)) return undefined;
  if (epoch === undefined && returned === undefined) {
    const current = must(view.current(), 'an epoch is open before anything is judged');
    // A device may move between the counters of a store: another gateway's answer is none of ours.
    if (!isOwnOrigin(held.origin, current.origin)) return undefined;
  }
  const { origin, index, leafHash } = held;
  return { code: 'LOG_ROLLED_BACK', deviceId, lastResult: { origin, index, leafHash } };
}

/** The audit entry for an alarm, at the log's end; undefined when it stands there already. */
export function auditMissingResult(
  alarm: Alarm,
  surroundings: { view: LedgerView; context: EntryContext },
): EntryDraft | undefined {
  const { view, context } = surroundings;
  const { deviceId, lastResult } = alarm;
  if (view.missingResultNoted(deviceId, lastResult.origin)) return undefined;
  const { size } = must(view.current(), 'an epoch is open before any alarm');
  const members = { deviceId, event: 'lastResultMissing', lastResult };
  return draftEntry({ index: size, kind: 'audit', members }, context);
}

function isKept(
  held: { index: number; leafHash: string },
  epoch: number,
  view: LedgerView,
): boolean {
  const kept = view.leafHash({ epoch, index: held.index });
  return kept !== undefined && base64(kept) === held.leafHash;
}

function isOwnOrigin(held: string, current: string): boolean {
  try {
    return sameGateway(parseOrigin(held), parseOrigin(current));
  } catch (error) {
    // The judge checked it as text only; what is no origin at all is not ours.
    if (isTillgateError(error, 'LOG_ORIGIN_INVALID')) return false;
    throw error;
  }
}
