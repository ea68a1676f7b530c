/**
 * What a technician asks of a peripheral of the running gateway: a harmless job or the next event, and
 * the bytes that passed. Never what a till would not be told: payment codes are masked by the driver's
 * own words for its bytes.
 */
import { randomUUID } from 'node:crypto';
import { passing, type Schedule } from '../../platform/schedule.ts';
import type { Json } from '../../protocol/json/json-value.ts';
import { TillgateError } from '../../protocol/errors.ts';
import type { Peripherals } from '../peripherals/start-peripherals.ts';
import type { Station } from '../peripherals/station.ts';

export interface TrialResult {
  peripheralId: string;
  /** `job` where a test job was done, `event` where something was waited for. */
  kind: 'job' | 'event';
  /** Undefined where nothing happened in time. */
  answer?: Json;
}

export interface LogLines {
  lines: { at: string; direction: string; text: string }[];
  /** With `raw`: base64, in the order they passed. */
  chunks: { at: string; direction: string; bytes: string }[];
  /** Ask on from here. */
  last: number;
}

export interface TrialOptions {
  readonly peripherals: Pick<Peripherals, 'fleet' | 'desk' | 'events'>;
  readonly schedule: Schedule;
}

/** The control socket's own patience is longer. */
const TRIAL_MS_MAX = 25_000;

export class PeripheralTrial {
  readonly #options: TrialOptions;

  constructor(options: TrialOptions) {
    this.#options = options;
  }

  /** Throws `PERIPHERAL_UNKNOWN`, or what keeps it from working. */
  async test(peripheralId: string, seconds: number): Promise<TrialResult> {
    const { peripherals, schedule } = this.#options;
    const { driver } = this.#station(peripheralId);
    const { testOperation } = driver;
    const waitMs = Math.min(TRIAL_MS_MAX, seconds * 1_000);
    if (testOperation === undefined) {
      const late = passing(schedule, waitMs);
      const event = await peripherals.events.next(peripheralId, late);
      if (event === undefined) return { peripheralId, kind: 'event' };
      return { peripheralId, kind: 'event', answer: { ...event } };
    }
    const rules = driver.operations[testOperation];
    const timeoutMs = Math.min(waitMs, rules?.deadlineMsMax ?? waitMs);
    const request = { jobId: randomUUID(), operation: testOperation, timeoutMs };
    const answer = await peripherals.desk.perform(peripheralId, request);
    return { peripheralId, kind: 'job', answer: JSON.parse(answer) as Json };
  }

  log(peripheralId: string, after: number): LogLines {
    const { driver, driverOptions, supervisor } = this.#station(peripheralId);
    const { bytes } = supervisor;
    const timeOf = (wallMs: number): string => new Date(wallMs).toISOString();
    return {
      lines: bytes
        .explain(driver.createExplain(driverOptions), after)
        .map(({ wallMs, direction, text }) => ({ at: timeOf(wallMs), direction, text })),
      chunks: bytes.since(after).map((passed) => ({
        at: timeOf(passed.wallMs),
        direction: passed.direction,
        bytes: Buffer.from(passed.bytes).toString('base64'),
      })),
      last: bytes.last,
    };
  }

  #station(peripheralId: string): Station {
    const station = this.#options.peripherals.fleet()?.workplace(peripheralId);
    if (station !== undefined) return station;
    const message = `There is no peripheral ${JSON.stringify(peripheralId)}.`;
    throw new TillgateError('PERIPHERAL_UNKNOWN', message);
  }
}
