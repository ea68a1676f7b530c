/** broker.db, the state in memory and the persistence over both, opened together. */
import createMemoryPersistence from 'aedes-persistence';
import { BrokerJournal } from './broker-journal.ts';
import type { JournalOptions } from './broker-journal.ts';
import type { StoredState } from './broker-changes.ts';
import type { StatePort } from './broker-state-messages.ts';
import { KeptPersistence } from './kept-persistence.ts';
import type { KeptPersistenceOptions } from './kept-persistence.ts';
import { DEFAULT_KEPT_STATE_LIMITS, KeptState } from './kept-state.ts';
import type { KeptStateLimits } from './kept-state.ts';
import type { MemoryPersistence } from './persistence-contract.ts';

export interface KeptPersistenceSource extends JournalOptions {
  isGranted: KeptPersistenceOptions['isGranted'];
  onDropped: (sessionName: string) => void;
  limits?: Partial<KeptStateLimits> | undefined;
  /** Where broker.db is, if not in a thread of its own. */
  port?: StatePort;
}

export interface OpenedPersistence {
  persistence: KeptPersistence;
  state: KeptState;
  /** As it was read. */
  stored: StoredState;
}

export async function openKeptPersistence(
  source: KeptPersistenceSource,
): Promise<OpenedPersistence> {
  const { journal, state: stored } = await BrokerJournal.open(source, source.port);
  const { isGranted, onDropped } = source;
  const limits = { ...DEFAULT_KEPT_STATE_LIMITS, ...source.limits };
  const state = new KeptState({ journal, state: stored, limits, onDropped });
  const memory = (createMemoryPersistence as unknown as () => MemoryPersistence)();
  const persistence = new KeptPersistence({ memory, state, isGranted });
  await persistence.restore(stored);
  return { persistence, state, stored };
}
