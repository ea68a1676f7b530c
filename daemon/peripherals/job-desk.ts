/**
 * Takes what devices ask of peripherals, and sees to it that each hears one answer for each jobId:
 *
 *   cannot be read, not allowed, nobody there, no room   refused at once; nothing is recorded, and the
 *                                                        same jobId is judged afresh
 *   asked before                                         the answer that was kept, or that will come
 *   else                                                 recorded (`queued`), then in the queue
 *
 * A request is done with, and its PUBACK may go, when it is recorded or refused.
 */
import type { DriverDefinition } from '../../drivers/driver.ts';
import type { JobOutcome } from '../../drivers/job.ts';
import type { Clock } from '../../protocol/clock.ts';
import type { TillgateError } from '../../protocol/errors.ts';
import { must } from '../../protocol/must.ts';
import { responseTopic } from '../../protocol/topics.ts';
import type { DeviceRequest, JobTaker } from '../broker/job-door.ts';
import { isSettled, type JobRow } from '../ledger/job-row.ts';
import type { JobBook, SettledJob } from './job-book.ts';
import type { JobQueue, QueuedJob } from './job-queue.ts';
import { peekedJobId, readRequest, type JobRequest } from './job-request.ts';
import { formatResponse, problem, refusalOf, refused, type ResponseFacts } from './job-response.ts';
import { prepareJob, type PreparedJob } from './prepare-job.ts';
import type { ReceiptJobs } from './receipt-jobs.ts';

/** Where a job is carried out. */
export interface Workplace {
  readonly driver: DriverDefinition;
  readonly queue: JobQueue;
  /** Why nothing should wait for it. */
  awayBecause(): TillgateError | undefined;
}

export interface JobDeskOptions {
  readonly book: JobBook;
  /** Throws what is wrong with one that cannot work; undefined for one that is not there. */
  readonly workplace: (peripheralId: string) => Workplace | undefined;
  /** There once a peripheral is. */
  readonly receipts: () => ReceiptJobs | undefined;
  readonly rightsOf: (role: string) => readonly string[];
  readonly publish: (message: { topic: string; payload: string }) => void;
  readonly clock: Clock;
  /** Told of every answer, for the metrics. */
  readonly onAnswer: (state: JobOutcome['state']) => void;
}

/** Asks in the name of the gateway; no device id has this form, and nothing is published for it. */
export const LOCAL_DEVICE = '#local';

type Source = Omit<DeviceRequest, 'payload'>;

export class JobDesk implements JobTaker {
  readonly #options: JobDeskOptions;
  /** Answers of interrupted jobs, for devices that have not been heard of since the start. */
  readonly #unheard = new Map<string, { peripheralId: string; answer: string }[]>();
  readonly #local = new Map<string, (answer: string) => void>();

  constructor(options: JobDeskOptions) {
    this.#options = options;
  }

  async take({ payload, ...source }: DeviceRequest): Promise<void> {
    const read = readRequest(payload, source.peripheralId);
    if (!read.ok) {
      this.#answer(source, read, { state: 'refused', error: read.problem });
      return;
    }
    try {
      const outcome = await this.#takeRequest(source, read.request);
      if (outcome !== undefined) this.#answer(source, read.request, outcome);
    } catch (error) {
      this.#answer(source, read.request, refusalOf(error));
    }
  }

  refuseBusy({ payload, ...source }: DeviceRequest): void {
    const what = 'Too many requests are on their way; nothing was done.';
    const facts = { jobId: peekedJobId(payload), operation: null };
    this.#answer(source, facts, refused('PERIPHERAL_BUSY', what));
  }

  hears(deviceId: string): void {
    const unheard = this.#unheard.get(deviceId);
    this.#unheard.delete(deviceId);
    for (const { peripheralId, answer } of unheard ?? []) {
      this.#publish({ peripheralId, deviceId }, answer);
    }
  }

  /** What the start found; kept sessions get it from the broker, others when they come. */
  tellInterrupted(ended: readonly SettledJob[]): void {
    for (const { row, answer } of ended) {
      const { peripheralId, deviceId } = row;
      this.#options.onAnswer(row.state === 'unknown' ? 'unknown' : 'refused');
      if (deviceId === LOCAL_DEVICE) continue;
      this.#publish(row, answer);
      const unheard = this.#unheard.get(deviceId) ?? [];
      this.#unheard.set(deviceId, [...unheard, { peripheralId, answer }]);
    }
  }

  /** A job has ended and the ledger has it. */
  settled({ row }: QueuedJob, { row: { state }, answer }: SettledJob): void {
    this.#options.onAnswer(state as JobOutcome['state']);
    if (row.deviceId === LOCAL_DEVICE) {
      this.#local.get(row.jobId)?.(answer);
      this.#local.delete(row.jobId);
    } else {
      this.#publish(row, answer);
    }
  }

  /** A job of the gateway's own: gives its answer, as a device would get it. */
  async perform(peripheralId: string, request: Record<string, unknown>): Promise<string> {
    const source = { peripheralId, deviceId: LOCAL_DEVICE, role: '' };
    const read = readRequest(Buffer.from(JSON.stringify(request)), peripheralId);
    const facts = { peripheralId, ...(read.ok ? read.request : read) };
    const { clock } = this.#options;
    if (!read.ok)
      return formatResponse(facts, { state: 'refused', error: read.problem }, clock.wallMs());
    const { promise, resolve } = Promise.withResolvers<string>();
    this.#local.set(read.request.jobId, resolve);
    const outcome = await this.#takeRequest(source, read.request);
    if (outcome === undefined) return promise;
    this.#local.delete(read.request.jobId);
    return formatResponse(facts, outcome, clock.wallMs());
  }

  /** The refusal, if there is one; otherwise the answer comes later, or was given. */
  async #takeRequest(source: Source, request: JobRequest): Promise<JobOutcome | undefined> {
    const { deviceId, peripheralId, role } = source;
    const { book, workplace } = this.#options;
    const known = book.find({ deviceId, jobId: request.jobId });
    if (known !== undefined) return this.#askedAgain(source, request, known);
    const place = workplace(peripheralId);
    if (place === undefined) {
      const what = `There is no peripheral ${JSON.stringify(peripheralId.slice(0, 32))} here.`;
      return refused('PERIPHERAL_UNKNOWN', what);
    }
    const rights = deviceId === LOCAL_DEVICE ? undefined : this.#options.rightsOf(role);
    const receipts = this.#options.receipts();
    const prepared = prepareJob(request, {
      ...{ deviceId, rights, receipts },
      driver: place.driver,
    });
    if (!prepared.ok) return { state: 'refused', error: prepared.problem };
    const away = place.awayBecause();
    if (away !== undefined) {
      const error = problem('PERIPHERAL_ABSENT', `${away.message} Nothing was done.`);
      return { state: 'refused', error: { ...error, hint: away.hint } };
    }
    if (!place.queue.reserve()) {
      return refused(
        'PERIPHERAL_BUSY',
        `Too many jobs wait for ${peripheralId}; nothing was done.`,
      );
    }
    return this.#record(source, { request, prepared, queue: place.queue });
  }

  async #record(
    source: Source,
    job: { request: JobRequest; prepared: PreparedJob; queue: JobQueue },
  ): Promise<JobOutcome | undefined> {
    const { request, prepared, queue } = job;
    const { jobId, operation, contentHash } = request;
    const { deviceId, peripheralId } = source;
    const { isPhysical } = prepared.rules;
    const { prints } = prepared;
    let put;
    try {
      put = await this.#options.book.put(
        { deviceId, jobId, peripheralId, operation, isPhysical, contentHash, prints },
        request.text,
      );
    } catch (error) {
      queue.release();
      throw error;
    }
    if (put.duplicate) {
      queue.release();
      return this.#askedAgain(source, request, put.row);
    }
    queue.add({ ...prepared, row: put.row });
    return undefined;
  }

  #askedAgain(source: Source, request: JobRequest, row: JobRow): JobOutcome | undefined {
    if (row.contentHash !== request.contentHash) {
      const what = `The jobId ${JSON.stringify(row.jobId)} was used for something else.`;
      return refused('JOB_CONFLICT', what);
    }
    if (isSettled(row)) this.#publish(source, must(row.answer, 'what has ended has its answer'));
    return undefined;
  }

  #answer(
    source: Source,
    facts: Pick<ResponseFacts, 'jobId' | 'operation'>,
    outcome: JobOutcome,
  ): void {
    const { peripheralId } = source;
    const { jobId, operation } = facts;
    this.#options.onAnswer(outcome.state);
    const wallMs = this.#options.clock.wallMs();
    this.#publish(source, formatResponse({ jobId, peripheralId, operation }, outcome, wallMs));
  }

  #publish({ peripheralId, deviceId }: Pick<Source, 'peripheralId' | 'deviceId'>, payload: string) {
    this.#options.publish({ topic: responseTopic(peripheralId, deviceId), payload });
  }
}
