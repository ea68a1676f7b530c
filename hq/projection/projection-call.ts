/** What the main thread asks the projection's worker, and what it hears. */
import type { ErrorCode } from '../../protocol/errors.ts';
import type { CustodySources } from '../custody/open-custody.ts';
import type { CommandAnswerRow } from './command-answers.ts';
import type { SqlRow } from './sql-database.ts';
import type { RetryResult } from './retry-entry.ts';
import type { RightCursor, RightPage } from './right-sums.ts';
import type { AtRestAnswer } from './rights-at-rest.ts';
import type { QuarantineRow, Totals } from './reports.ts';
import type { ViewCall, ViewResults } from './view-call.ts';

/** Where the worker finds custody and keeps its tables. */
export type ProjectionSources = CustodySources;

export type ProjectionTotals = Totals & {
  /** Entries in custody when it was asked. */
  custodyEntries: number;
  /** Whether the numbers cover all of them. */
  complete: boolean;
};

export type ProjectionCall =
  | { call: 'totals' }
  | { call: 'transaction'; transactionId: string }
  | { call: 'quarantine'; limit: number; at?: { origin: string; index: number } }
  | { call: 'retry'; origin: string; index: number }
  | ViewCall
  /** What logs say about rights after `cursor`, as far as the tables are. */
  | { call: 'rights'; cursor: RightCursor; limit: number }
  /** Which of these grants are at rest: their names alone are kept. */
  | { call: 'atRest'; chain: string; grantIds: readonly string[] }
  | { call: 'commands'; limit: number; commandId?: string }
  | { call: 'state' }
  | { call: 'close' };

export type ProjectionState = {
  state: 'starting' | 'running' | 'failing';
  problem: string | null;
  /** Of the problem, where it has one of ours. */
  code?: ErrorCode;
};

export type ProjectionResults = ViewResults & {
  totals: ProjectionTotals;
  transaction: SqlRow[];
  quarantine: QuarantineRow[];
  retry: RetryResult;
  rights: RightPage;
  atRest: AtRestAnswer;
  commands: CommandAnswerRow[];
  state: ProjectionState;
  close: null;
};

export type ProjectionRequest = { id: number } & (ProjectionCall | { call: 'poke' });

export type ProjectionAnswer = { id: number; result: unknown } | { id: number; failure: string };
