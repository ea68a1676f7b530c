/**
 * From bytes to a verdict: the one way in which a submission is judged. Pure, and it never throws
 * on bad input. Unsigned submissions, the hot path, are judged synchronously; a signature takes a
 * promise, and the caller keeps a device's submissions in order meanwhile.
 *
 * Whether the id is claimed already is not looked at here: the ledger decides that afterwards.
 */
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { isCalendarDate } from '../calendar.ts';
import type { ErrorCode } from '../errors.ts';
import { isUuid } from '../ids.ts';
import type { JsonFaultKind } from '../json/fault-list.ts';
import { isJsonObject } from '../json/json-value.ts';
import type { Json, JsonObject } from '../json/json-value.ts';
import { parseStrictJson } from '../json/strict-json.ts';
import type { StrictJson } from '../json/strict-json.ts';
import { looksLikeJws, verifyJws } from '../jws.ts';
import { must } from '../must.ts';
import type { RightsAsked } from '../rights/right-entries.ts';
import { checkArithmetic, checkTenders } from './arithmetic.ts';
import { contentHash } from './content-hash.ts';
import { explain } from './explain.ts';
import { LINES_MAX, SUBMISSION_BYTES_MAX } from './judgement.ts';
import type { Acceptable, JudgeContext, Judgement, MediaType, Refused } from './judgement.ts';
import { ProblemList, problem } from './problem.ts';
import { readRights } from './rights-asked.ts';
import { checkStock } from './stock-rules.ts';
import {
  SCHEMA_VERSION,
  lastResultSchema,
  laterVersionSchema,
  transactionSchema,
} from './schema.ts';

const transactionForm = Compile(transactionSchema);
const laterVersionForm = Compile(laterVersionSchema);
const lastResultForm = Compile(lastResultSchema);

/** What stands around the content: how it came, and who signed it. */
type Envelope = { mediaType: MediaType; signature: Acceptable['signature'] };

const UNSIGNED: Envelope = { mediaType: 'application/json', signature: null };

const FAULT_CODES: Readonly<Record<JsonFaultKind, ErrorCode>> = {
  encoding: 'TXN_NOT_UTF8',
  syntax: 'TXN_NOT_JSON',
  depth: 'TXN_NOT_JSON',
  duplicateKey: 'TXN_KEY_DUPLICATE',
  notInteger: 'TXN_NUMBER_NOT_INTEGER',
  outOfRange: 'TXN_NUMBER_OUT_OF_RANGE',
  loneSurrogate: 'TXN_TEXT_INVALID',
};

/**
 * Judges the payload of a submission of at most `SUBMISSION_BYTES_MAX` bytes. The answer is a
 * promise only for a JWS.
 */
export function judgeSubmission(
  payload: Uint8Array,
  context: JudgeContext,
): Judgement | Promise<Judgement> {
  const isJws = looksLikeJws(payload);
  const mediaType = isJws ? 'application/jose' : 'application/json';
  if (payload.length > SUBMISSION_BYTES_MAX) return refuseOversized(payload.length, mediaType);
  if (isJws) return judgeSigned(payload, context);
  const parsed = parseStrictJson(payload);
  if (context.requireSignature && context.deviceKeys.length > 0) return refuseUnsigned(parsed);
  return judgeContent(parsed, UNSIGNED);
}

/** The verdict on bytes that were only hashed and counted. */
export function refuseOversized(lengthBytes: number, mediaType: MediaType): Refused {
  const problems = new ProblemList();
  problems.add(
    problem('TXN_TOO_LARGE', '', {
      expected: SUBMISSION_BYTES_MAX,
      got: lengthBytes,
      message: `The submission has ${lengthBytes} bytes; at most ${SUBMISSION_BYTES_MAX} are taken.`,
    }),
  );
  return refused(problems, { mediaType, keepBody: false });
}

async function judgeSigned(payload: Uint8Array, context: JudgeContext): Promise<Judgement> {
  const verdict = await verifyJws(payload, context.deviceKeys);
  const mediaType = 'application/jose';
  if (verdict.verified) {
    const { kid, alg } = verdict;
    return judgeContent(parseStrictJson(verdict.payload), { mediaType, signature: { kid, alg } });
  }
  const problems = new ProblemList();
  problems.add(problem('TXN_SIGNATURE_INVALID', '', { message: verdict.reason }));
  return refused(problems, { mediaType });
}

/** Nothing but the id, which the sender knows, is told about an unsigned transaction. */
function refuseUnsigned(parsed: StrictJson): Refused {
  const problems = new ProblemList();
  const message = 'This device has a key enrolled, and the submission is not signed.';
  problems.add(problem('TXN_SIGNATURE_REQUIRED', '', { message }));
  return refused(problems, { mediaType: UNSIGNED.mediaType, transactionId: readId(parsed) });
}

function judgeContent(parsed: StrictJson, envelope: Envelope): Judgement {
  const problems = new ProblemList();
  addFaults(parsed, problems);
  const { value } = parsed;
  if (!isJsonObject(value)) {
    if (value !== undefined) explain(transactionSchema, value, problems);
    return refused(problems, { mediaType: envelope.mediaType });
  }
  const hash = parsed.faults.length === 0 ? contentHash(value) : null;
  const about = {
    mediaType: envelope.mediaType,
    transactionId: readId(parsed),
    contentHash: hash,
  };
  if (Array.isArray(value['lines']) && value['lines'].length > LINES_MAX) {
    problems.add(tooManyLines(value['lines'].length));
    return refused(problems, { ...about, keepBody: false });
  }
  const version = value['schemaVersion'] ?? SCHEMA_VERSION;
  const interpreted = !(typeof version === 'number' && version > SCHEMA_VERSION);
  const rights = interpreted ? checkKnown(value, problems) : undefined;
  if (!interpreted) checkLater(value, problems);
  if (problems.items.length > 0) return refused(problems, about);
  return acceptable(value, {
    ...envelope,
    interpreted,
    contentHash: must(hash, 'a transaction without faults has a hash'),
    rights: value['training'] === true ? undefined : rights,
  });
}

function checkKnown(value: JsonObject, problems: ProblemList): RightsAsked | undefined {
  if (!transactionForm.Check(value)) explainRefusal(transactionSchema, value, problems);
  checkArithmetic(value, problems);
  checkStock(value, problems);
  return readRights(value, problems);
}

/** A later version is taken into custody when its id reads and its money adds up. */
function checkLater(value: JsonObject, problems: ProblemList): void {
  if (!laterVersionForm.Check(value)) explainRefusal(laterVersionSchema, value, problems);
  checkTenders(value, problems);
}

/** The compiled check has the last word: what it refuses is refused, also without a known reason. */
function explainRefusal(schema: TSchema, value: JsonObject, problems: ProblemList): void {
  explain(schema, value, problems);
  if (problems.items.length > 0) return;
  const message = 'The transaction does not match the transaction format.';
  problems.add(problem('TXN_VALUE_INVALID', '', { message }));
}

function acceptable(
  value: JsonObject,
  about: Envelope & {
    interpreted: boolean;
    contentHash: Uint8Array;
    rights: RightsAsked | undefined;
  },
): Acceptable {
  const currency = must(textOf(value['currency']), 'a checked transaction has a currency');
  return {
    verdict: 'acceptable',
    transactionId: must(textOf(value['transactionId']), 'a checked transaction has an id'),
    contentHash: about.contentHash,
    interpreted: about.interpreted,
    sequenceNumber: countOf(value['sequenceNumber']),
    businessDate: dateOf(value['businessDate']),
    type: typeOf(value['type']),
    currency,
    total: must(amountOf(value['total']), 'a checked transaction has a total'),
    training: value['training'] === true,
    lastResult: readLastResult(value['lastResult']),
    signature: about.signature,
    mediaType: about.mediaType,
    ...(about.rights !== undefined && { rights: about.rights }),
  };
}

function addFaults(parsed: StrictJson, problems: ProblemList): void {
  for (const { kind, path, got, message } of parsed.faults) {
    problems.add(problem(FAULT_CODES[kind], path, { got, message }));
  }
  problems.omitted += parsed.faultsOmitted;
}

function refused(
  problems: ProblemList,
  about: { mediaType: MediaType } & Partial<
    Pick<Refused, 'transactionId' | 'contentHash' | 'keepBody'>
  >,
): Refused {
  const { mediaType, transactionId = null, contentHash = null, keepBody = true } = about;
  const { items, omitted } = problems;
  return {
    verdict: 'refused',
    transactionId,
    contentHash,
    problems: items,
    problemsOmitted: omitted,
    keepBody,
    mediaType,
  };
}

function tooManyLines(count: number): ReturnType<typeof problem> {
  return problem('TXN_TOO_MANY_LINES', '/lines', {
    expected: LINES_MAX,
    got: count,
    message: `The transaction has ${count} lines; at most ${LINES_MAX} are taken.`,
  });
}

/** The id when it stands there once and is one; a refusal names no other. */
function readId(parsed: StrictJson): string | null {
  if (!isJsonObject(parsed.value)) return null;
  const id = parsed.value['transactionId'];
  const isDoubtful = parsed.faults.some((fault) => fault.path === '/transactionId');
  return typeof id === 'string' && isUuid(id) && !isDoubtful ? id : null;
}

function readLastResult(value: Json | undefined): Acceptable['lastResult'] {
  return lastResultForm.Check(value) ? value : null;
}

function textOf(value: Json | undefined): string | null {
  return typeof value === 'string' ? value : null;
}

function amountOf(value: Json | undefined): number | null {
  return typeof value === 'number' ? value : null;
}

// In a transaction of a later version nothing has checked the three members below.

function countOf(value: Json | undefined): number | null {
  return typeof value === 'number' && value >= 0 ? value : null;
}

function dateOf(value: Json | undefined): string | null {
  return typeof value === 'string' && isCalendarDate(value) ? value : null;
}

function typeOf(value: Json | undefined): string | null {
  return typeof value === 'string' && /^[a-z][a-zA-Z]{0,31}$/.test(value) ? value : null;
}
