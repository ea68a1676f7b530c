/** broker.db, the state in memory and the persistence over both, opened together. */
import type { AedesPublishPacket } from 'aedes';
import createMemoryPersistence from 'aedes-persistence';
import { BrokerJournal } from './broker-journal.ts';
import type { JournalOptions } from './broker-journal.ts';
import type { StoredState } from './broker-changes.ts';
import type { StatePort } from './broker-state-messages.ts';
import { KeptPersistence } from './kept-persistence.ts';
import type { KeptPersistenceOptions } from './kept-persistence.ts';
import { DEFAULT_KEPT_STATE_LIMITS, KeptState } from './kept-state.ts';
import type { KeptStateLimits } from './kept-state.ts';
import type { FilterRef, MemoryPersistence } from './persistence-contract.ts';

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
  await restoreMatching(memory, state, stored);
  return { persistence, state, stored };
}

/** Puts what the file held into the matching in memory, before any client comes. */
async function restoreMatching(
  memory: MemoryPersistence,
  { sessions }: KeptState,
  stored: StoredState,
): Promise<void> {
  const names = new Map<number, string>();
  for (const { id, name } of sessions) names.set(id, name);
  for (const { session, filter, options } of stored.filters) {
    const id = names.get(session);
    const how = JSON.parse(options) as Omit<FilterRef, 'topic'>;
    if (id !== undefined) await memory.addSubscriptions({ id }, [{ topic: filter, ...how }]);
  }
  for (const { topic, qos, payload } of stored.retained) {
    const packet = { cmd: 'publish', topic, qos, payload: Buffer.from(payload), retain: true };
    await memory.storeRetained(packet as AedesPublishPacket);
  }
}
