/**
 * Tries changes on the documents of a feed, all of them, before any is written: says which would change
 * something, and which cannot be published. The documents are as before when it is done. A long list
 * gives way to other work now and then; relies on nobody else changing documents meanwhile.
 */
import { setImmediate as aMoment } from 'node:timers/promises';
import type { FeedChange } from '../../protocol/feed/change.ts';
import type { FeedDatabase } from '../../platform/feeds/feed-database.ts';
import type { ChangeProblem, PublishReport } from './publish-report.ts';

export type FeedTrial = {
  /** Whose documents, in the database. */
  generation: number;
  given: readonly FeedChange[];
  onProgress?: (done: number) => void;
};

/** `changes` in the order in which they can be published. */
export type FeedTrialOutcome = Pick<PublishReport, 'problems' | 'problemsOmitted'> & {
  changes: FeedChange[];
};

const PROBLEMS_MAX = 100;
/** Changes between two looks at what else has to be done: a few milliseconds. */
const SLICE = 200;

/** Gone ones first, so that their codes are free. */
export async function tryChanges(
  database: FeedDatabase,
  { generation, given, onProgress }: FeedTrial,
): Promise<FeedTrialOutcome> {
  const order = given.map((change, at) => ({ change, at }));
  order.sort((a, b) => Number(a.change.op === 'put') - Number(b.change.op === 'put'));
  const changes: FeedChange[] = [];
  const problems: ChangeProblem[] = [];
  let problemsOmitted = 0;
  database.beginTrial();
  try {
    for (const [done, { change, at }] of order.entries()) {
      const outcome = database.tryChange(generation, change);
      if (outcome === undefined) changes.push(change);
      else if (outcome !== 'unchanged') {
        if (problems.length < PROBLEMS_MAX) problems.push({ ...outcome, at });
        else problemsOmitted++;
      }
      if (done % SLICE !== SLICE - 1) continue;
      onProgress?.(done);
      await aMoment();
    }
  } finally {
    database.endTrial();
  }
  return { changes, problems, problemsOmitted };
}
