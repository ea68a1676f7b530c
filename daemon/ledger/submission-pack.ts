/**
 * Many judged submissions as one message between threads. A structured clone of an object a sale
 * costs more than the sale's commit; columns and one transferred buffer cost a fraction.
 *
 *   bytes, for each submission:  submissionHash (32) ‖ contentHash (32, zeros if none) ‖ body
 */
import type { Refused } from '../../protocol/transaction/judgement.ts';
import { must } from '../../protocol/must.ts';
import type { AcceptableFacts, Oversized, Submission } from './commands.ts';

export interface Ticketed {
  readonly ticket: number;
  readonly submission: Submission;
}

type Unusual =
  | Pick<AcceptableFacts, 'verdict' | 'lastResult' | 'signature' | 'rights'>
  | Omit<Refused, 'contentHash'>
  | Oversized;

export interface SubmissionPack {
  readonly type: 'submissions';
  readonly tickets: number[];
  readonly deviceIds: string[];
  /** Empty where there is none. */
  readonly transactionIds: string[];
  /** −1 where there is none. */
  readonly sequenceNumbers: number[];
  readonly flags: number[];
  readonly bodyLengths: number[];
  readonly bytes: ArrayBuffer;
  /** What the columns cannot say, by position. */
  readonly unusual: [number, Unusual][];
}

const HASH = 32;
const UNINTERPRETED = 1;
const TRAINING = 2;
const JOSE = 4;
const HAS_CONTENT_HASH = 8;

/** Copies the bytes; the pack's buffer is to be transferred. */
export function packSubmissions(batch: readonly Ticketed[]): SubmissionPack {
  let length = 0;
  for (const { submission } of batch) length += 2 * HASH + submission.body.length;
  const bytes = new Uint8Array(length);
  const pack: SubmissionPack = {
    type: 'submissions',
    tickets: [],
    deviceIds: [],
    transactionIds: [],
    sequenceNumbers: [],
    flags: [],
    bodyLengths: [],
    bytes: bytes.buffer,
    unusual: [],
  };
  let at = 0;
  for (const { ticket, submission } of batch) {
    pack.tickets.push(ticket);
    pack.deviceIds.push(submission.deviceId);
    pack.bodyLengths.push(submission.body.length);
    bytes.set(submission.submissionHash, at);
    const contentHash = packJudgement(pack, submission.judgement);
    if (contentHash !== null) bytes.set(contentHash, at + HASH);
    bytes.set(submission.body, at + 2 * HASH);
    at += 2 * HASH + submission.body.length;
  }
  return pack;
}

function packJudgement(
  pack: SubmissionPack,
  judgement: Submission['judgement'],
): Uint8Array | null {
  const position = pack.flags.length;
  const jose = judgement.mediaType === 'application/jose' ? JOSE : 0;
  if (judgement.verdict !== 'acceptable') {
    pack.transactionIds.push('');
    pack.sequenceNumbers.push(-1);
    if (judgement.verdict === 'oversized') {
      pack.flags.push(jose);
      pack.unusual.push([position, judgement]);
      return null;
    }
    const { contentHash, ...rest } = judgement;
    pack.flags.push(jose | (contentHash === null ? 0 : HAS_CONTENT_HASH));
    pack.unusual.push([position, rest]);
    return contentHash;
  }
  pack.transactionIds.push(judgement.transactionId);
  pack.sequenceNumbers.push(judgement.sequenceNumber ?? -1);
  pack.flags.push(
    jose |
      HAS_CONTENT_HASH |
      (judgement.interpreted ? 0 : UNINTERPRETED) |
      (judgement.training ? TRAINING : 0),
  );
  const { lastResult, signature, rights } = judgement;
  if (lastResult !== null || signature !== null || rights !== undefined) {
    const facts = { lastResult, signature, ...(rights !== undefined && { rights }) };
    pack.unusual.push([position, { verdict: 'acceptable', ...facts }]);
  }
  return judgement.contentHash;
}

/** The submissions again; their bytes are views of the pack's buffer. */
export function unpackSubmissions(pack: SubmissionPack): Ticketed[] {
  const unusual = new Map(pack.unusual);
  let at = 0;
  return pack.tickets.map((ticket, position) => {
    const length = must(pack.bodyLengths[position], 'the columns are equally long');
    const submission: Submission = {
      type: 'submission',
      deviceId: must(pack.deviceIds[position], 'the columns are equally long'),
      submissionHash: new Uint8Array(pack.bytes, at, HASH),
      body: new Uint8Array(pack.bytes, at + 2 * HASH, length),
      judgement: unpackJudgement(pack, {
        position,
        contentHash: new Uint8Array(pack.bytes, at + HASH, HASH),
        unusual: unusual.get(position),
      }),
    };
    at += 2 * HASH + length;
    return { ticket, submission };
  });
}

function unpackJudgement(
  pack: SubmissionPack,
  from: { position: number; contentHash: Uint8Array; unusual: Unusual | undefined },
): Submission['judgement'] {
  const { position, contentHash, unusual } = from;
  const flags = must(pack.flags[position], 'the columns are equally long');
  if (unusual?.verdict === 'oversized') return unusual;
  if (unusual?.verdict === 'refused') {
    return { ...unusual, contentHash: (flags & HAS_CONTENT_HASH) === 0 ? null : contentHash };
  }
  const sequenceNumber = must(pack.sequenceNumbers[position], 'the columns are equally long');
  return {
    verdict: 'acceptable',
    transactionId: must(pack.transactionIds[position], 'the columns are equally long'),
    contentHash,
    interpreted: (flags & UNINTERPRETED) === 0,
    sequenceNumber: sequenceNumber < 0 ? null : sequenceNumber,
    training: (flags & TRAINING) !== 0,
    lastResult: unusual?.lastResult ?? null,
    signature: unusual?.signature ?? null,
    mediaType: (flags & JOSE) === 0 ? 'application/json' : 'application/jose',
    ...(unusual?.rights !== undefined && { rights: unusual.rights }),
  };
}
