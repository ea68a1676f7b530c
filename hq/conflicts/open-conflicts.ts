/** Opens what finds conflicts and what people do about them, on the parts of a running headquarters. */
import type { AlarmBook } from '../../platform/alarms.ts';
import { systemSchedule } from '../../platform/schedule.ts';
import type { Custody } from '../custody/custody.ts';
import type { FeedKeeper } from '../feeds/feed-keeper.ts';
import type { OwnLog } from '../own-log/own-log.ts';
import type { ProjectionClient } from '../projection/projection-client.ts';
import { ConflictDesk } from './conflict-desk.ts';
import { ConflictKeeper } from './conflict-keeper.ts';

export type Conflicts = { desk: ConflictDesk; keeper: ConflictKeeper };

export function openConflicts(parts: {
  custody: Custody;
  ownLog: OwnLog;
  feeds: FeedKeeper;
  projection: ProjectionClient;
  alarms: AlarmBook;
  log: { warn(details: object, message: string): void };
}): Conflicts {
  const { custody, ownLog, projection } = parts;
  const ask: ConstructorParameters<typeof ConflictDesk>[0]['ask'] = (call) => projection.ask(call);
  const keeper = new ConflictKeeper({ ...parts, ask, schedule: systemSchedule });
  // What an earlier start left undone.
  keeper.poke();
  return { desk: new ConflictDesk({ custody, ownLog, ask }), keeper };
}
