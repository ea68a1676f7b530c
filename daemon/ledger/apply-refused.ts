/**
 * A refused submission: its first answer again, a rejected entry of its own, or, above the quota of
 * its device and day, the day's summary entry. The quota bounds what a device gone wrong can write
 * into a log that is kept for years; every answer stays explicit either way.
 */
import { ERROR_CODES } from '../../protocol/error-codes.ts';
import type { Json, JsonObject } from '../../protocol/json/json-value.ts';
import { must } from '../../protocol/must.ts';
import type { Refused } from '../../protocol/transaction/judgement.ts';
import type { Problem } from '../../protocol/transaction/problem.ts';
import { refusalKey } from './answer-keys.ts';
import type { ApplySurroundings } from './apply-acceptable.ts';
import type { Applied } from './apply.ts';
import type { Oversized, Submission } from './commands.ts';
import { dayOf, newDeviceState } from './device-state.ts';
import { draftEntry, type DraftOptions } from './entry-draft.ts';
import type { DeviceState, EntryDraft } from './ledger-port.ts';
import { answeredAgain, base64, originOf, rejectedReply, type Reply } from './reply.ts';

/** Rejected entries a device may write on one day (DESIGN section 6). */
export const REJECTED_ENTRIES_MAX = 1_000;
/** Bytes of rejected bodies a device may have kept on one day. */
export const REJECTED_BYTES_MAX = 16 * 1024 * 1024;
/** A leaf has at most 65,535 bytes; this leaves room for the rest of the header. */
const ERRORS_BYTES_MAX = 32 * 1024;

interface Refusal {
  readonly submission: Submission;
  readonly transactionId: string | null;
  readonly errors: Json[];
  readonly errorsOmitted: number;
  readonly contentHash: Uint8Array | null;
  readonly mediaType: string;
  /** Only hash and length are kept. */
  readonly hashOnly: { readonly length: number } | undefined;
}

export function applyRefused(
  submission: Submission,
  judgement: Refused | Oversized,
  surroundings: ApplySurroundings,
): Applied {
  const { view } = surroundings;
  const refusal = refusalOf(submission, judgement);
  const { deviceId, submissionHash } = submission;
  const { contentHash, errors } = refusal;
  const content = base64(contentHash ?? submissionHash);
  const key = refusalKey({ deviceId, content, errors });
  const earlier = view.earlierAnswer(key);
  if (earlier !== undefined) {
    const reply = answeredAgain(earlier, base64(submissionHash), view);
    return { writes: { entries: [] }, reply };
  }
  return record(refusal, key, surroundings);
}

function refusalOf(submission: Submission, judgement: Refused | Oversized): Refusal {
  if (judgement.verdict === 'oversized') {
    const { length, mediaType } = judgement;
    return {
      submission,
      transactionId: null,
      errors: [oversizedProblem(length)],
      errorsOmitted: 0,
      contentHash: null,
      mediaType,
      hashOnly: { length },
    };
  }
  const { errors, omitted } = cappedErrors(judgement.problems);
  return {
    submission,
    transactionId: judgement.transactionId,
    errors,
    errorsOmitted: judgement.problemsOmitted + omitted,
    contentHash: judgement.contentHash,
    mediaType: judgement.mediaType,
    hashOnly: judgement.keepBody ? undefined : { length: submission.body.length },
  };
}

function oversizedProblem(length: number): JsonObject {
  return {
    code: 'TXN_TOO_LARGE',
    path: '',
    expected: 1_048_576,
    got: length,
    message: `The submission has ${length} bytes; 1,048,576 are allowed.`,
    hint: ERROR_CODES.TXN_TOO_LARGE.fix,
  };
}

/** The problems that fit into an entry's header, as JSON that has a canonical form. */
function cappedErrors(problems: readonly Problem[]): { errors: Json[]; omitted: number } {
  const errors: Json[] = [];
  let bytes = 0;
  for (const problem of problems) {
    const text = JSON.stringify(problem);
    bytes += Buffer.byteLength(text);
    if (bytes > ERRORS_BYTES_MAX) break;
    errors.push(JSON.parse(text, wellFormed) as Json);
  }
  return { errors, omitted: problems.length - errors.length };
}

/** A submission may hold lone surrogates, which RFC 8785 gives no form. */
function wellFormed(_key: string, value: unknown): unknown {
  return typeof value === 'string' ? value.toWellFormed() : value;
}

function record(refusal: Refusal, key: Uint8Array, surroundings: ApplySurroundings): Applied {
  const { view, context, ahead = 0 } = surroundings;
  const { epoch, origin, size } = must(view.current(), 'an epoch is open before any refusal');
  const { deviceId } = refusal.submission;
  const before = view.device(deviceId) ?? newDeviceState(context.recordedAt);
  const turn = turnOfDay(deviceId, before, surroundings);
  const bytes = refusal.hashOnly === undefined ? refusal.submission.body.length : 0;
  const counted = {
    rejectedEntries: turn.state.rejectedEntries + 1,
    rejectedBytes: turn.state.rejectedBytes + bytes,
  };
  if (
    counted.rejectedEntries > REJECTED_ENTRIES_MAX ||
    counted.rejectedBytes > REJECTED_BYTES_MAX
  ) {
    return summarise(refusal, turn, surroundings);
  }
  const index = size + ahead + turn.entries.length;
  const draft = draftEntry(rejectedDraft(refusal, { index, key }), context);
  const header = rejectedMembers(refusal) as JsonObject;
  const reply = rejectedReply({
    ref: { epoch, index },
    origin,
    header: { ...header, recordedAt: context.recordedAt },
    submissionHash: base64(refusal.submission.submissionHash),
    duplicate: false,
  });
  const devices = [{ deviceId, state: { ...turn.state, ...counted } }];
  return { writes: { entries: [...turn.entries, draft], devices }, reply };
}

function rejectedMembers(refusal: Refusal): Record<string, Json | undefined> {
  const { contentHash, hashOnly, submission } = refusal;
  return {
    deviceId: submission.deviceId,
    mediaType: refusal.mediaType,
    contentHash: contentHash === null ? undefined : base64(contentHash),
    transactionId: refusal.transactionId ?? undefined,
    errors: refusal.errors,
    errorsOmitted: refusal.errorsOmitted === 0 ? undefined : refusal.errorsOmitted,
    notKept:
      hashOnly === undefined
        ? undefined
        : { length: hashOnly.length, sha256: base64(submission.submissionHash) },
  };
}

function rejectedDraft(refusal: Refusal, at: { index: number; key: Uint8Array }): DraftOptions {
  return {
    index: at.index,
    kind: 'rejected',
    members: rejectedMembers(refusal),
    ...(refusal.hashOnly === undefined && { body: refusal.submission.body }),
    alwaysBlob: true,
    answers: at.key,
  };
}

interface Turn {
  readonly state: DeviceState;
  /** What the turn of the day itself writes. */
  readonly entries: readonly EntryDraft[];
}

/** On a new day the counters start again, and what was only counted is written down. */
function turnOfDay(deviceId: string, before: DeviceState, surroundings: ApplySurroundings): Turn {
  const { view, context, ahead = 0 } = surroundings;
  const today = dayOf(context.recordedAt);
  if (before.rejectionDay === today) return { state: before, entries: [] };
  const state = {
    ...newDeviceState(context.recordedAt),
    sequenceNumber: before.sequenceNumber,
  };
  if (before.rejectedUncounted === 0 || before.summary === null) return { state, entries: [] };
  const members = {
    deviceId,
    event: 'rejectionsCounted',
    day: before.rejectionDay,
    count: before.rejectedUncounted,
    summary: { origin: originOf(before.summary, view), index: before.summary.index },
  };
  const { size } = must(view.current(), 'an epoch is open before any refusal');
  const draft = draftEntry({ index: size + ahead, kind: 'audit', members }, context);
  return { state, entries: [draft] };
}

/** Above the quota: one entry stands for all that follow on that day. */
function summarise(refusal: Refusal, turn: Turn, surroundings: ApplySurroundings): Applied {
  const { view, context, ahead = 0 } = surroundings;
  const { epoch, size } = must(view.current(), 'an epoch is open before any refusal');
  const { deviceId } = refusal.submission;
  const { state } = turn;
  const entries = [...turn.entries];
  const ref = state.summary ?? { epoch, index: size + ahead + entries.length };
  if (state.summary === null) {
    const quota = { entries: REJECTED_ENTRIES_MAX, bytes: REJECTED_BYTES_MAX };
    const members = { deviceId, event: 'quotaReached', day: state.rejectionDay, quota };
    entries.push(draftEntry({ index: ref.index, kind: 'rejected', members }, context));
  }
  const after = { ...state, summary: ref, rejectedUncounted: state.rejectedUncounted + 1 };
  return {
    writes: { entries, devices: [{ deviceId, state: after }] },
    reply: summaryReply(refusal, { ref, surroundings }),
  };
}

function summaryReply(
  refusal: Refusal,
  at: { ref: { epoch: number; index: number }; surroundings: ApplySurroundings },
): Reply {
  const header = rejectedMembers(refusal) as JsonObject;
  return rejectedReply({
    ref: at.ref,
    origin: originOf(at.ref, at.surroundings.view),
    header: { ...header, recordedAt: at.surroundings.context.recordedAt },
    submissionHash: base64(refusal.submission.submissionHash),
    duplicate: false,
  });
}
