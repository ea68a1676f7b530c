/**
 * A job of a peripheral as the ledger keeps it, and the steps it may take:
 *
 *   queued ─▶ sent ─▶ done | refused | unknown      what happens in the world is `sent` before its bytes
 *   queued ─▶ refused                               nothing was done
 *   queued ─▶ done                                  only what leaves no trace in the world
 *
 * The request stands beside the row, because rows are read often and requests almost never.
 */
import { isUuid } from '../../protocol/ids.ts';

export const JOB_STATES = ['queued', 'sent', 'done', 'refused', 'unknown'] as const;
export type JobState = (typeof JOB_STATES)[number];
/** A job that has ended. */
export type SettledState = 'done' | 'refused' | 'unknown';

/** Names a job over all peripherals: its device, and what that device called it. */
export interface JobKey {
  readonly deviceId: string;
  readonly jobId: string;
}

/** What is known of a job before anything is done about it. */
export interface NewJob extends JobKey {
  readonly peripheralId: string;
  readonly operation: string;
  /** Something happens in the world: what was sent and not settled is `unknown`, never `refused`. */
  readonly isPhysical: boolean;
  /** Base64 of SHA-256 over what was asked; the same jobId with another one is a conflict. */
  readonly contentHash: string;
  /**
   * What comes out on paper, the same for all its copies: `transaction:ID`, or `job:DEVICE/JOB` for
   * the print job that was first. Null where nothing is printed.
   */
  readonly prints: string | null;
}

export interface JobRow extends NewJob {
  readonly state: JobState;
  /** 0 for the first time that this is printed, then 1, 2 … */
  readonly copy: number;
  /** The answer as JSON text, from its end on. */
  readonly answer: string | null;
  /** RFC 3339. */
  readonly queuedAt: string;
  readonly sentAt: string | null;
  readonly settledAt: string | null;
}

/** A row as it has to stand afterwards; `request` only with a new one, null where it is not kept. */
export interface JobWrite {
  readonly row: JobRow;
  readonly request?: string | null;
}

/** What may go: settled jobs, the oldest first, and their requests. */
export interface JobPruning {
  /** RFC 3339; what was settled before it goes. */
  readonly settledBefore: string;
  readonly rowsMax: number;
  readonly requestBytesMax: number;
  /** At most so many rows and so many requests at a time. */
  readonly atMost: number;
}

export interface JobReads {
  find(key: JobKey): JobRow | undefined;
  /** As it was asked; undefined once it had to make room. */
  request(key: JobKey): string | undefined;
  /** In the order they were queued. */
  unsettled(): readonly JobRow[];
  /** How often this went out, or may have: jobs that are sent, done or unknown. */
  timesPrinted(prints: string): number;
  count(): number;
}

export function isSettled({ state }: Pick<JobRow, 'state'>): boolean {
  return state !== 'queued' && state !== 'sent';
}

/** May a job in `row.state` become `to`? */
export function mayBecome(row: Pick<JobRow, 'state' | 'isPhysical'>, to: JobState): boolean {
  switch (row.state) {
    case 'queued':
      return to === 'refused' || (row.isPhysical ? to === 'sent' : to === 'done');
    case 'sent':
      return to === 'done' || to === 'refused' || to === 'unknown';
    default:
      return false;
  }
}

/** The transaction that is printed, if it is one of the log. */
export function transactionOf({ prints }: Pick<NewJob, 'prints'>): string | undefined {
  const id = prints?.startsWith('transaction:') === true ? prints.slice(12) : undefined;
  return id !== undefined && isUuid(id) ? id : undefined;
}
