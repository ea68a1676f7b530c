/** What is asked of a publication, and what became of it. */
import type { FeedProblem } from '../../protocol/feed/change.ts';

export type PublishOptions = {
  isDryRun: boolean;
  onProgress?: (done: number, total: number) => void;
};

/** A change that cannot be published: `at` counts the changes given, from 0. */
export type ChangeProblem = FeedProblem & { at: number };

export type PublishReport = {
  isPublished: boolean;
  changed: number;
  unchanged: number;
  problems: ChangeProblem[];
  /** How many more there are. */
  problemsOmitted: number;
  /** The feed as it is now; null while nothing was ever published there. */
  feed: { origin: string; size: number } | null;
};
