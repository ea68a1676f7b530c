/**
 * From a request that could be read to a job that can be carried out: is there such an operation, may
 * this device have it done, and does the driver take what is asked. Pure but for the look into the log
 * that a receipt needs.
 */
import type { DriverDefinition } from '../../drivers/driver.ts';
import type { JobProblem } from '../../drivers/job.ts';
import type { Json } from '../../protocol/json/json-value.ts';
import type { QueuedJob } from './job-queue.ts';
import type { JobRequest } from './job-request.ts';
import { problem } from './job-response.ts';
import type { ReceiptJobs, ReadPrint } from './receipt-jobs.ts';

export interface PreparedJob extends Omit<QueuedJob, 'row'> {
  readonly ok: true;
  /** See `NewJob`. */
  readonly prints: string | null;
}

export interface JobContext {
  readonly deviceId: string;
  /** Of the device's role; undefined where it may everything. */
  readonly rights: readonly string[] | undefined;
  readonly driver: DriverDefinition;
  /** Where the gateway adds operations of its own. */
  readonly receipts: ReceiptJobs | undefined;
}

/** What the driver prints with, and the gateway's own operations are made of. */
const PRINT = 'print';
const RECEIPT_OPERATIONS: readonly string[] = ['printReceipt', 'reprint'];
/** Who had a drawer opened and why, for the log; drivers do not hear of it. */
const DRAWER_REASON_CHARACTERS_MAX = 256;

export function prepareJob(
  request: JobRequest,
  context: JobContext,
): PreparedJob | { readonly ok: false; readonly problem: JobProblem } {
  const { driver, rights } = context;
  const isReceipt = hasReceipts(driver) && RECEIPT_OPERATIONS.includes(request.operation);
  const operation = isReceipt ? PRINT : request.operation;
  const rules = Object.hasOwn(driver.operations, operation)
    ? driver.operations[operation]
    : undefined;
  if (rules === undefined) return cannot('JOB_OPERATION', unknownOperation(request, driver));
  if (rules.right !== undefined && rights?.includes(rules.right) === false) {
    const what = `${request.operation} takes the right ${JSON.stringify(rules.right)}.`;
    return cannot('JOB_RIGHT', what);
  }
  const timeoutMs = request.timeoutMs ?? rules.deadlineMs;
  if (timeoutMs > rules.deadlineMsMax) {
    const what = `${request.operation} may take ${rules.deadlineMsMax} ms at most.`;
    return cannot('JOB_INVALID', what, '/timeoutMs');
  }
  const common = { ok: true, operation, rules, timeoutMs } as const;
  if (isReceipt) {
    const read = readPrint(request, context);
    return read.ok ? { ...common, ...read } : read;
  }
  const { members, entry } = drawerMembers(request, driver);
  if (entry === 'invalid') {
    return cannot('JOB_INVALID', 'operatorId and reason are short texts.', '/reason');
  }
  const parsed = rules.parse(members);
  if (!parsed.ok) return parsed;
  return {
    ...common,
    prints: operation === PRINT ? `job:${context.deviceId}/${request.jobId}` : null,
    copyMin: 0,
    paramsFor: () => parsed.params,
    ...(entry !== undefined && { entry }),
  };
}

export function hasReceipts({ category, operations }: DriverDefinition): boolean {
  return category === 'posPrinter' && Object.hasOwn(operations, PRINT);
}

function readPrint(request: JobRequest, { receipts, deviceId, driver }: JobContext): ReadPrint {
  if (receipts !== undefined) return receipts.read(request, deviceId, driver);
  return { ok: false, problem: problem('JOB_OPERATION', 'This gateway prints no receipts.') };
}

/** Opening a drawer is told to the log, with who wanted it where that is said. */
function drawerMembers(
  { members, operation }: JobRequest,
  driver: DriverDefinition,
): {
  members: Readonly<Record<string, Json>>;
  entry?: { event: string; [member: string]: Json } | 'invalid';
} {
  if (driver.category !== 'cashDrawer' || operation !== 'open') return { members };
  const { operatorId, ...rest } = members;
  const { reason } = rest;
  const told = Object.entries({ operatorId, reason }).filter(([, value]) => value !== undefined);
  const isText = (value: Json | undefined): value is string =>
    typeof value === 'string' &&
    value.length <= DRAWER_REASON_CHARACTERS_MAX &&
    value.isWellFormed();
  if (!told.every(([, value]) => isText(value))) return { members: rest, entry: 'invalid' };
  const said = Object.fromEntries(told) as Record<string, string>;
  return { members: rest, entry: { event: 'drawerOpened', ...said } };
}

function unknownOperation({ operation }: JobRequest, driver: DriverDefinition): string {
  const own = Object.keys(driver.operations);
  const all = hasReceipts(driver) ? [...own, ...RECEIPT_OPERATIONS] : own;
  const list = all.length === 0 ? 'none' : all.join(', ');
  return `There is no operation ${JSON.stringify(operation)}; there are: ${list}.`;
}

function cannot(
  code: Parameters<typeof problem>[0],
  message: string,
  path?: string,
): { ok: false; problem: JobProblem } {
  return { ok: false, problem: problem(code, message, path) };
}
