/**
 * Reads what a device asks of a peripheral, without trust: total, and what cannot be read comes back
 * as a problem with the jobId wherever one is to be found, so that the till knows what was refused.
 */
import { createHash } from 'node:crypto';
import type { JobProblem } from '../../drivers/job.ts';
import { canonicalJson } from '../../protocol/json/canonical.ts';
import { isJsonObject, type Json, type JsonObject } from '../../protocol/json/json-value.ts';
import type { JsonFault } from '../../protocol/json/fault-list.ts';
import { parseStrictJson } from '../../protocol/json/strict-json.ts';
import { problem } from './job-response.ts';

/** A receipt with pictures; what is larger is several documents. */
export const REQUEST_BYTES_MAX = 512 * 1024;
/** A larger request is carried out and not kept, so it cannot be printed again by its jobId. */
export const KEPT_REQUEST_BYTES_MAX = 256 * 1024;
/** Where the jobId of a request that is not read whole is looked for. */
const PEEKED_BYTES = 4_096;
/** Less would expire on the way. */
const TIMEOUT_MS_MIN = 100;
/** No operation takes longer; each has its own, lower maximum. */
const TIMEOUT_MS_MAX = 3_600_000;
/** A UUID, a counter, or whatever a till calls its jobs. */
const JOB_ID = /^[A-Za-z0-9._:-]{1,64}$/;
const OPERATION = /^[a-z][A-Za-z]{0,31}$/;

export interface JobRequest {
  readonly jobId: string;
  readonly operation: string;
  readonly timeoutMs: number | undefined;
  /** The operation's own. */
  readonly members: Readonly<Record<string, Json>>;
  /** Base64; over the peripheral and all that is asked of it, but for how long it may take. */
  readonly contentHash: string;
  /** As it is kept; null where it is too large for that. */
  readonly text: string | null;
}

export type ReadRequest =
  | { readonly ok: true; readonly request: JobRequest }
  | {
      readonly ok: false;
      readonly jobId: string | null;
      readonly operation: string | null;
      readonly problem: JobProblem;
    };

export function readRequest(payload: Uint8Array, peripheralId: string): ReadRequest {
  if (payload.length > REQUEST_BYTES_MAX) {
    const what = `The request has ${payload.length} bytes; at most ${REQUEST_BYTES_MAX} are taken.`;
    return cannot({ jobId: peekedJobId(payload) }, problem('JOB_TOO_LARGE', what));
  }
  const { value, faults } = parseStrictJson(payload);
  const object = isJsonObject(value) ? value : undefined;
  const named = {
    jobId: matching(object?.['jobId'], JOB_ID),
    operation: matching(object?.['operation'], OPERATION),
  };
  const [fault] = faults;
  if (fault !== undefined || object === undefined) return cannot(named, unreadable(fault));
  const { timeoutMs, ...rest } = object;
  const members = without(rest, ['jobId', 'operation']);
  if (named.jobId === null) {
    const what = 'A request has a jobId of 1 to 64 letters, digits and . _ : -';
    return cannot(named, problem('JOB_INVALID', `${what}.`, '/jobId'));
  }
  if (named.operation === null) {
    return cannot(named, problem('JOB_INVALID', 'A request names its operation.', '/operation'));
  }
  if (timeoutMs !== undefined && !isTimeout(timeoutMs)) {
    const what = `timeoutMs is a whole number from ${TIMEOUT_MS_MIN} to ${TIMEOUT_MS_MAX}.`;
    return cannot(named, problem('JOB_INVALID', what, '/timeoutMs'));
  }
  const content = canonicalJson({ peripheralId, operation: named.operation, ...members });
  return {
    ok: true,
    request: {
      ...{ jobId: named.jobId, operation: named.operation, timeoutMs, members },
      contentHash: createHash('sha256').update(content).digest('base64'),
      text: payload.length > KEPT_REQUEST_BYTES_MAX ? null : JSON.stringify(object),
    },
  };
}

function without(object: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)));
}

function unreadable(fault: JsonFault | undefined): JobProblem {
  const what =
    fault === undefined ? 'it is no object' : `it is not JSON as we take it (${fault.kind})`;
  return problem('JOB_INVALID', `The request cannot be read: ${what}.`, fault?.path ?? '');
}

function cannot(
  named: { jobId: string | null; operation?: string | null },
  what: JobProblem,
): ReadRequest {
  const { jobId, operation = null } = named;
  return { ok: false, jobId, operation, problem: what };
}

function matching(value: Json | undefined, form: RegExp): string | null {
  return typeof value === 'string' && form.test(value) ? value : null;
}

function isTimeout(value: Json): value is number {
  return (
    typeof value === 'number' &&
    Number.isSafeInteger(value) &&
    value >= TIMEOUT_MS_MIN &&
    value <= TIMEOUT_MS_MAX
  );
}

/** From its beginning, where tills write it; a guess that only names the answer. */
export function peekedJobId(payload: Uint8Array): string | null {
  const begin = Buffer.from(payload.subarray(0, PEEKED_BYTES)).toString('latin1');
  return /^\s*\{[^{[]{0,2000}?"jobId"\s*:\s*"([A-Za-z0-9._:-]{1,64})"/.exec(begin)?.[1] ?? null;
}
