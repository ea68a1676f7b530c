/** One peripheral at work: its driver, the supervisor that keeps it going, and the queue of its jobs. */
import { checkValue, withDefaults } from '../../config/check-value.ts';
import type { DriverDefinition } from '../../drivers/driver.ts';
import type { RunningSession } from '../../drivers/run-session.ts';
import { TillgateError } from '../../protocol/errors.ts';
import type { Workplace } from './job-desk.ts';
import { JobQueue, type JobQueueOptions } from './job-queue.ts';
import type { PeripheralEntry } from './peripheral-entry.ts';
import type { SupervisorOptions } from './supervisor-contract.ts';
import { Supervisor } from './supervisor.ts';

export interface StationOptions
  extends
    Omit<SupervisorOptions, 'driverOptions' | 'onReady' | 'onAway' | 'onGone'>,
    Omit<JobQueueOptions, 'session'> {
  /** The session of it is over. */
  readonly onGone: () => void;
}

export class Station implements Workplace {
  readonly driver: DriverDefinition;
  readonly queue: JobQueue;
  readonly supervisor: Supervisor;
  readonly driverOptions: Readonly<Record<string, unknown>>;

  /** Throws `PERIPHERAL_OPTIONS`. */
  constructor(options: StationOptions) {
    this.driver = options.driver;
    this.driverOptions = checkedOptions(options.driver, options.entry.options);
    this.supervisor = new Supervisor({
      ...options,
      driverOptions: this.driverOptions,
      onReady: () => this.queue.pump(),
      onAway: ({ code, message, hint }) => this.queue.refuseWaiting({ code, message, hint }),
    });
    this.queue = new JobQueue({ ...options, session: () => this.supervisor.session });
  }

  get entry(): PeripheralEntry {
    return this.supervisor.entry;
  }

  get session(): RunningSession | undefined {
    return this.supervisor.session;
  }

  awayBecause(): TillgateError | undefined {
    return this.supervisor.awayBecause;
  }

  /** Ends what is under way within `graceMs`, then the session; all jobs are settled then. */
  async close(grace: Promise<unknown>): Promise<void> {
    const drained = this.queue.close();
    await Promise.race([drained, grace]);
    await this.supervisor.close();
    await drained;
  }
}

/** The options with the driver's defaults. Throws `PERIPHERAL_OPTIONS`, which names all problems. */
export function checkedOptions(
  driver: DriverDefinition,
  options: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const problems = checkValue(driver.options, options);
  if (problems.length > 0) {
    const list = problems
      .map(({ path, got, allowed }) => {
        const value = got === undefined ? '' : ` (got ${JSON.stringify(got)})`;
        return `${path.join('.')}: ${allowed}${value}`;
      })
      .join('; ');
    throw new TillgateError('PERIPHERAL_OPTIONS', `Options of ${driver.id}: ${list}.`);
  }
  return withDefaults(driver.options, options) as Record<string, unknown>;
}
