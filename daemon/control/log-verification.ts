/**
 * `tillgate log verify`: every entry of every epoch against its hash, every stored node against its
 * children, blobs against their headers, and the roots against the heads that were signed. Reads
 * only; works beside a running daemon, over what was committed when it began.
 *
 * The heads are read before the sizes: a head never exceeds what is committed, so one that is
 * larger than the log afterwards means that the log was cut.
 */
import { availableParallelism } from 'node:os';
import { isTillgateError } from '../../protocol/errors.ts';
import { encodeBase64 } from '../../protocol/log/base64.ts';
import { openCheckpoint } from '../../protocol/log/checkpoint.ts';
import { hashesEqual, rootAt } from '../../protocol/log/merkle.ts';
import type { Hash } from '../../protocol/log/merkle.ts';
import { FAULTS_MAX, joinRanges } from '../../protocol/log/range-verifier.ts';
import type { Fault } from '../../protocol/log/range-verifier.ts';
import { nodeOwner } from '../ledger/entry-id.ts';
import type { LedgerReader } from '../ledger/reader.ts';
import type { StoredHead } from '../signing/stored-head.ts';
import { signatureJobs } from './signature-jobs.ts';
import { runVerifyJobs } from './log-verify-pool.ts';
import type { VerifyJob, VerifyJobResult } from './log-verify-job.ts';

/** A head somebody signed, and the keys that may have signed it (none: form and root only). */
export interface HeadToCheck {
  readonly source: 'signedHead' | 'hqHead';
  readonly head: StoredHead;
  readonly vkeys: readonly string[];
}

export interface LogVerificationOptions {
  readonly dataDir: string;
  readonly reader: LedgerReader;
  readonly heads: readonly HeadToCheck[];
  readonly signatures: boolean;
  readonly faultsMax?: number;
  /** Default: one for each core, none for a small log. */
  readonly threads?: number;
  readonly signal?: AbortSignal;
  /** Entries done so far; each counts once more when signatures are checked. */
  readonly onProgress?: (done: number) => void;
}

export interface HeadCheck {
  readonly source: HeadToCheck['source'];
  readonly origin: string;
  readonly size: number;
  readonly valid: boolean;
  readonly reason?: string;
}

export interface EpochVerification {
  readonly origin: string;
  readonly epoch: number;
  readonly size: number;
  /** Base64, over the hashes as stored. */
  readonly root: string;
  /** In order of index, at most `faultsMax`. */
  readonly faults: readonly Fault[];
  readonly faultCount: number;
  /** Signed bodies checked. */
  readonly signatures: number;
}

export interface LogVerification {
  readonly valid: boolean;
  readonly entries: number;
  /** Oldest first; with them HQ's branches of logs that have two histories. */
  readonly epochs: readonly EpochVerification[];
  readonly heads: readonly HeadCheck[];
}

/** Leaves a job: a tenth of a second of work, and a power of two, so that its root is one node. */
const RANGE_WIDTH = 8_192;
/** Below this, starting threads takes longer than the work. */
const THREADS_FROM_ENTRIES = 4 * RANGE_WIDTH;

export async function verifyLog(options: LogVerificationOptions): Promise<LogVerification> {
  const { reader } = options;
  const returned = reader.returned();
  const beside = returned.filter(({ epoch, of }) => epoch !== of);
  const logs = reader.epochs().toSpliced(-1, 0, ...beside);
  const sizes = logs.map(({ epoch, origin, size }) => ({ epoch, origin, size }));
  const entries = sizes.reduce((sum, { size }) => sum + size, 0);
  const faultsMax = options.faultsMax ?? FAULTS_MAX;
  const jobs = sizes.flatMap(({ epoch, size }) => rangesOf(epoch, size, faultsMax));
  const run = runner(options, entries);
  const ranges = await run(jobs);
  const events = ranges.flatMap((result) => (result.type === 'range' ? result.deviceEvents : []));
  const signing = { logs: sizes, returned, events, width: RANGE_WIDTH, faultsMax };
  const signedJobs = options.signatures ? signatureJobs(signing) : [];
  const signed = await run(signedJobs);
  const epochs = sizes.map((place) => {
    const own = <T>(list: readonly T[], of: readonly VerifyJob[]): T[] =>
      list.filter((_, at) => of[at]?.epoch === place.epoch);
    const parts = { ranges: own(ranges, jobs), signed: own(signed, signedJobs) };
    return summarise(place, { ...parts, reader, faultsMax });
  });
  const heads = options.heads.map((head) => checkHead(head, reader, sizes));
  const sound = epochs.every(({ faultCount }) => faultCount === 0);
  return { valid: sound && heads.every(({ valid }) => valid), entries, epochs, heads };
}

function rangesOf(epoch: number, size: number, faultsMax: number): VerifyJob[] {
  const count = Math.ceil(size / RANGE_WIDTH);
  return Array.from({ length: count }, (_, at) => {
    const start = at * RANGE_WIDTH;
    const end = Math.min(start + RANGE_WIDTH, size);
    return { type: 'range', epoch, start, end, faultsMax };
  });
}

function runner(
  options: LogVerificationOptions,
  entries: number,
): (jobs: readonly VerifyJob[]) => Promise<VerifyJobResult[]> {
  const threads = options.threads ?? (entries < THREADS_FROM_ENTRIES ? 0 : availableParallelism());
  let done = 0;
  const onDone = (job: VerifyJob): void => {
    done += job.end - job.start;
    options.onProgress?.(done);
  };
  const { dataDir, reader, signal } = options;
  return (jobs) => runVerifyJobs(jobs, { dataDir, reader, threads, signal, onDone });
}

function summarise(
  place: { epoch: number; origin: string; size: number },
  parts: {
    ranges: readonly VerifyJobResult[];
    signed: readonly VerifyJobResult[];
    reader: LedgerReader;
    faultsMax: number;
  },
): EpochVerification {
  const ranges = parts.ranges.filter((result) => result.type === 'range');
  const signed = parts.signed.filter((result) => result.type === 'signatures');
  const log = parts.reader.ofEpoch(place.epoch);
  const upper: Fault[] = [];
  const { root } = joinRanges(ranges, RANGE_WIDTH, (level, position, node) => {
    const stored = storedNode(log, level, position);
    if (stored !== undefined && hashesEqual(stored, node)) return;
    const message = `The stored node at level ${level} is not that of its two children`;
    upper.push({ index: nodeOwner(level, position), kind: 'node', message });
  });
  const results = [...ranges, ...signed];
  const faults = [...upper, ...results.flatMap((result) => result.faults)];
  return {
    ...place,
    root: encodeBase64(root),
    faults: faults.sort((a, b) => a.index - b.index).slice(0, parts.faultsMax),
    faultCount: results.reduce((sum, { faultCount }) => sum + faultCount, upper.length),
    signatures: signed.reduce((sum, { checked }) => sum + checked, 0),
  };
}

/** A node, or undefined where the entry that keeps it is missing. */
function storedNode(log: LedgerReader, level: number, position: number): Hash | undefined {
  try {
    return log.node(level, position);
  } catch (error) {
    // The reader takes a node that is not there for a broken program; here it is a finding.
    if (isTillgateError(error, 'INTERNAL')) return undefined;
    throw error;
  }
}

function checkHead(
  { source, head, vkeys }: HeadToCheck,
  reader: LedgerReader,
  sizes: readonly { epoch: number; origin: string; size: number }[],
): HeadCheck {
  const { origin, size } = head;
  const check = { source, origin, size };
  const place = sizes.find((epoch) => epoch.origin === origin);
  if (place === undefined) return { ...check, valid: false, reason: 'no epoch has this origin' };
  if (size > place.size) {
    const reason = `the log has ${place.size} entries: it was rolled back or cut`;
    return { ...check, valid: false, reason };
  }
  const reason = signatureProblem(head, vkeys) ?? rootProblem(head, reader.ofEpoch(place.epoch));
  return reason === undefined ? { ...check, valid: true } : { ...check, valid: false, reason };
}

function signatureProblem(head: StoredHead, vkeys: readonly string[]): string | undefined {
  if (vkeys.length === 0) return undefined;
  try {
    openCheckpoint(head.note, vkeys);
    return undefined;
  } catch (error) {
    if (!isTillgateError(error) || error.code === 'INTERNAL') throw error;
    return error.message;
  }
}

function rootProblem(head: StoredHead, log: LedgerReader): string | undefined {
  try {
    return hashesEqual(rootAt(head.size, log.node), head.root)
      ? undefined
      : 'the log has another root at this size: it was rewritten';
  } catch (error) {
    if (isTillgateError(error, 'INTERNAL')) return 'the log lacks nodes below this size';
    throw error;
  }
}
