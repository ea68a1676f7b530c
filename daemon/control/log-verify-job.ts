/**
 * The two pieces of work that verifying a ledger is cut into, each over one range of entries and
 * with nothing but a reader: the range itself, and the signatures of devices in it. They run in
 * worker threads for a large log and in the caller's thread for a small one.
 */
import type { Fault, RangeResult } from '../../protocol/log/range-verifier.ts';
import { verifyRange } from '../../protocol/log/range-verifier.ts';
import type { DecodedEntry } from '../../protocol/log/entry.ts';
import type { LedgerReader } from '../ledger/reader.ts';
import { checkSignatures } from './log-signatures.ts';
import type { DeviceEvent, DeviceEvents, SignatureResult } from './log-signatures.ts';
import { deviceEvent } from './log-signatures.ts';

export interface RangeJob {
  readonly type: 'range';
  readonly epoch: number;
  readonly start: number;
  readonly end: number;
  readonly faultsMax: number;
}

export interface SignatureJob {
  readonly type: 'signatures';
  readonly epoch: number;
  readonly start: number;
  readonly end: number;
  readonly faultsMax: number;
  readonly events: DeviceEvents;
}

export type VerifyJob = RangeJob | SignatureJob;

export interface RangeJobResult extends RangeResult {
  readonly type: 'range';
  /** Enrolments and revocations of devices and keys, in order. */
  readonly deviceEvents: readonly DeviceEvent[];
}

export interface SignatureJobResult extends SignatureResult {
  readonly type: 'signatures';
}

export type VerifyJobResult = RangeJobResult | SignatureJobResult;

export async function runVerifyJob(reader: LedgerReader, job: VerifyJob): Promise<VerifyJobResult> {
  const log = reader.epoch === job.epoch ? reader : reader.ofEpoch(job.epoch);
  if (job.type === 'signatures') {
    return { type: 'signatures', ...(await checkSignatures(log, job)) };
  }
  const { start, end, faultsMax } = job;
  const deviceEvents: DeviceEvent[] = [];
  const visit = (entry: DecodedEntry, index: number): Fault | undefined => {
    if (entry.header.kind === 'device') {
      const event = deviceEvent(entry, { epoch: job.epoch, index });
      if (event !== undefined) deviceEvents.push(event);
    }
    return placeFault(entry, index);
  };
  const blob = (index: number) => log.blob(index);
  const result = verifyRange(log.storedEntries(start, end), {
    start,
    end,
    faultsMax,
    nodesKept: true,
    blob,
    visit,
  });
  return { type: 'range', ...result, deviceEvents };
}

/** A log begins with the entry that opens its epoch, and that stands nowhere else. */
function placeFault({ header }: DecodedEntry, index: number): Fault | undefined {
  if ((index === 0) === (header.kind === 'epoch')) return undefined;
  const message =
    index === 0 ? 'The log does not begin with an epoch entry' : 'An epoch entry inside the log';
  return { index, kind: 'form', message };
}
