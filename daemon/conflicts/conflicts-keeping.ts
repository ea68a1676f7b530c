/** Wires the conflicts that headquarters decided with what this gateway owes for them. */
import { parseOrigin, sameGateway } from '../../protocol/log/origin.ts';
import { systemSchedule } from '../../platform/schedule.ts';
import type { LogKeeping, SharedParts } from '../log-keeping.ts';
import { CompensationKeeper } from './compensation-keeper.ts';
import { readConflictDocuments } from './conflict-documents.ts';

export function startConflicts(parts: SharedParts & LogKeeping): void {
  const { paths, log, teardown, ledger, feeds, feedListeners } = parts;
  const keeper = new CompensationKeeper({
    documents: () => readConflictDocuments(paths.feedsFile),
    // Whatever epoch it was in when it happened.
    isOwn: (origin) => sameGateway(parseOrigin(origin), parseOrigin(ledger.tip.origin)),
    append: (command) => ledger.append(command),
    schedule: systemSchedule,
    onTrouble: (error) => log.warn({ err: error }, 'a compensation could not be written down'),
  });
  teardown.add('conflicts', () => keeper.close());
  feedListeners.onStatus.push((status) => keeper.inForce(status));
  keeper.inForce(feeds.status);
}
