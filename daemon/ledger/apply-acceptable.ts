/**
 * An acceptable submission: booked, answered again, or in conflict with what holds its id. What is
 * merely odd about it (a jump of the sequence, an answer this log does not know) never stops the
 * sale; it is written down beside it.
 */
import type { Json } from '../../protocol/json/json-value.ts';
import { foundMembers } from '../../protocol/conflicts/conflict-entry.ts';
import { firstStands } from '../../protocol/conflicts/first-stands.ts';
import { INLINE_BODY_MAX } from '../../protocol/log/entry.ts';
import { must } from '../../protocol/must.ts';
import { formatResult } from '../../protocol/result.ts';
import type { TransactionRights } from '../../protocol/rights/right-entries.ts';
import { spend, type SpendVerdict } from '../../protocol/rights/spend-rights.ts';
import { isId } from '../../protocol/ids.ts';
import { conflictKey } from './answer-keys.ts';
import { claimedProblem } from './claimed-problem.ts';
import type { AcceptableFacts, Submission } from './commands.ts';
import { draftEntry, draftPlainSale, type EntryContext } from './entry-draft.ts';
import type { Applied } from './apply.ts';
import { applyRefused } from './apply-refused.ts';
import { requestLacking } from './apply-rights.ts';
import { auditMissingResult, missingResult } from './missing-result.ts';
import { newDeviceState } from './device-state.ts';
import type { EntryDraft, EntryRef, LedgerView } from './ledger-port.ts';
import {
  acceptedAgain,
  answeredAgain,
  base64,
  conflictReply,
  originOf,
  readHeader,
  rightsInOrder,
  type Reply,
} from './reply.ts';

export interface ApplySurroundings {
  readonly view: LedgerView;
  readonly context: EntryContext;
  /** Entries that the same command writes before. */
  readonly ahead?: number;
}

/** Where the command's own entry will stand: after an audit entry, if there is one. */
interface Placed extends ApplySurroundings {
  readonly index: number;
  readonly ahead: number;
}

export function applyAcceptable(
  submission: Submission,
  facts: AcceptableFacts,
  surroundings: ApplySurroundings,
): Applied {
  const { view } = surroundings;
  const missing = missingResult(submission.deviceId, facts.lastResult, view);
  const audit = missing === undefined ? undefined : auditMissingResult(missing, surroundings);
  const { size } = must(view.current(), 'an epoch is open before anything is judged');
  const ahead = audit === undefined ? 0 : 1;
  const placed = { ...surroundings, ahead, index: size + ahead };
  const claimed = view.claim(facts.transactionId);
  const applied =
    claimed === undefined
      ? book(submission, facts, placed)
      : answerClaimed(submission, facts, { ...placed, claimed });
  if (missing === undefined) return applied;
  const reply = { ...applied.reply, alarms: [missing] };
  if (audit === undefined) return { writes: applied.writes, reply };
  const entries = [audit, ...applied.writes.entries];
  const { deviceId, lastResult } = missing;
  const missingResults = [{ deviceId, origin: lastResult.origin }];
  return { writes: { ...applied.writes, entries, missingResults }, reply };
}

/** A sequence number that does not follow the device's last one: evidence, never a reason. */
function sequenceGap(facts: AcceptableFacts, last: number | null): Json | undefined {
  if (last === null || facts.sequenceNumber === null) return undefined;
  return facts.sequenceNumber === last + 1
    ? undefined
    : { expected: last + 1, got: facts.sequenceNumber };
}

function book(submission: Submission, facts: AcceptableFacts, placed: Placed): Applied {
  const { view, context, index } = placed;
  const verdict = facts.rights === undefined ? undefined : spend(facts.rights, view.rights);
  if (verdict?.verdict === 'refused') return refuse(submission, facts, { ...placed, verdict });
  const { origin } = must(view.current(), 'an epoch is open before anything is booked');
  const device = view.device(submission.deviceId);
  const gap = sequenceGap(facts, device?.sequenceNumber ?? null);
  const rights = verdict?.rights;
  const draft = draftTransaction(submission, facts, { context, index, gap, rights });
  const submissionHash = base64(submission.submissionHash);
  const text = formatResult({
    transactionId: facts.transactionId,
    submissionHash,
    outcome: 'accepted',
    origin,
    index,
    leafHash: base64(draft.leafHash),
    recordedAt: context.recordedAt,
    ...(rights !== undefined && { rights: rightsInOrder(rights) }),
  });
  const state = {
    ...(device ?? newDeviceState(context.recordedAt)),
    sequenceNumber: facts.sequenceNumber ?? device?.sequenceNumber ?? null,
  };
  const devices = [{ deviceId: submission.deviceId, state }];
  return {
    writes: { entries: [draft], devices, ...(verdict && { rights: verdict.writes }) },
    reply: { outcome: 'accepted', origin, index, text, duplicate: false },
  };
}

/**
 * What it wants of rights is not here. It is no first answer for ever: the same content is judged
 * afresh when it comes again, and gets this answer only where it lacks the same again.
 */
function refuse(
  submission: Submission,
  facts: AcceptableFacts,
  at: Placed & { verdict: Extract<SpendVerdict, { verdict: 'refused' }> },
): Applied {
  const { problems, lacks } = at.verdict;
  const { transactionId, contentHash, mediaType } = facts;
  const about = { transactionId, contentHash, mediaType, keepBody: true };
  const refused = { verdict: 'refused', problems, problemsOmitted: 0, ...about } as const;
  const applied = applyRefused(submission, refused, at);
  const { entries } = applied.writes;
  // Above its quota a device raises nothing any more.
  const isKept = applied.reply.duplicate || entries.some(({ answers }) => answers !== undefined);
  if (!isKept || lacks.length === 0) return applied;
  const asked = requestLacking(lacks, { ...at, ahead: at.ahead + entries.length });
  const writes = { ...applied.writes, ...asked, entries: [...entries, ...asked.entries] };
  return { writes, reply: applied.reply };
}

function draftTransaction(
  submission: Submission,
  facts: AcceptableFacts,
  at: {
    context: EntryContext;
    index: number;
    gap: Json | undefined;
    rights: TransactionRights | undefined;
  },
): EntryDraft {
  const { body, deviceId } = submission;
  const { transactionId, mediaType } = facts;
  const contentHash = base64(facts.contentHash);
  const plain =
    at.gap === undefined &&
    at.rights === undefined &&
    facts.signature === null &&
    facts.interpreted &&
    !facts.training &&
    body.length <= INLINE_BODY_MAX &&
    isId(deviceId);
  if (plain) {
    const bodyHash = base64(submission.submissionHash);
    return draftPlainSale(
      { index: at.index, deviceId, transactionId, contentHash, mediaType, body, bodyHash },
      at.context,
    );
  }
  const members = { deviceId, mediaType, contentHash, transactionId, ...unusualMembers(facts, at) };
  return draftEntry(
    { index: at.index, kind: 'transaction', members, body, claims: transactionId },
    at.context,
  );
}

function unusualMembers(
  facts: AcceptableFacts,
  { gap, rights }: { gap: Json | undefined; rights: TransactionRights | undefined },
): Record<string, Json | undefined> {
  return {
    sequenceGap: gap,
    rights,
    signature: facts.signature ?? undefined,
    training: facts.training ? true : undefined,
    uninterpreted: facts.interpreted ? undefined : true,
  };
}

interface Claimed extends Placed {
  readonly claimed: EntryRef;
}

function answerClaimed(
  submission: Submission,
  facts: AcceptableFacts,
  surroundings: Claimed,
): Applied {
  const { view, claimed } = surroundings;
  const header = readHeader(must(view.leaf(claimed), 'what claims an id is kept'));
  const submissionHash = base64(submission.submissionHash);
  if (header['contentHash'] === base64(facts.contentHash)) {
    return nothingWritten(acceptedAgain({ ref: claimed, header }, submissionHash, view));
  }
  const key = conflictKey(facts.transactionId, facts.contentHash);
  const earlier = view.earlierAnswer(key);
  if (earlier !== undefined) return nothingWritten(answeredAgain(earlier, submissionHash, view));
  return conflict(submission, facts, { ...surroundings, key, submissionHash });
}

function conflict(
  submission: Submission,
  facts: AcceptableFacts,
  surroundings: Claimed & { key: Uint8Array; submissionHash: string },
): Applied {
  const { view, context, claimed, index, key, submissionHash } = surroundings;
  const { origin, epoch } = must(view.current(), 'an epoch is open before any conflict');
  const { transactionId } = facts;
  const contentHash = base64(facts.contentHash);
  const first = { origin: originOf(claimed, view), index: claimed.index };
  const other = { origin, index };
  const members = {
    deviceId: submission.deviceId,
    mediaType: facts.mediaType,
    contentHash,
    transactionId,
    ...foundMembers(firstStands({ transactionId, contentHash, first, other })),
    claimedBy: {
      ...first,
      leafHash: base64(must(view.leafHash(claimed), 'each entry has its leaf hash')),
    },
    errors: [claimedProblem(transactionId)],
    ...(facts.signature !== null && { signature: facts.signature }),
  };
  const draft = draftEntry(
    { index, kind: 'conflict', members, body: submission.body, answers: key },
    context,
  );
  const reply = conflictReply({
    ref: { epoch, index },
    origin,
    header: { ...members, recordedAt: context.recordedAt },
    submissionHash,
    duplicate: false,
  });
  return { writes: { entries: [draft] }, reply };
}

function nothingWritten(reply: Reply): Applied {
  return { writes: { entries: [] }, reply };
}
