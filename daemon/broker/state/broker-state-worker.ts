/**
 * The thread of broker.db: a shell that opens the file, or sets it aside and makes a new one, and
 * wires the ports. What happens then is in state-thread.ts.
 */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../../../platform/system-clock.ts';
import { must } from '../../../protocol/must.ts';
import { BrokerDatabase, isFull, setAside } from './broker-database.ts';
import type { StoredState } from './broker-changes.ts';
import type { FromState, StateWorkerData, ToState } from './broker-state-messages.ts';
import { StateThread } from './state-thread.ts';

const main = must(parentPort, 'this module runs as a worker');
const { path } = workerData as StateWorkerData;
const post = (message: FromState): void => main.postMessage(message);

const EMPTY: StoredState = {
  ...{ hours: 0, sessions: [], filters: [], queued: new Float64Array(0) },
  ...{ received: [], retained: [], wills: [], lastBody: 0 },
};

interface Opened {
  /** Undefined where there is no place even for an empty file. */
  database: BrokerDatabase | undefined;
  aside?: { path: string; reason: string };
}

function open(): Opened {
  try {
    return { database: new BrokerDatabase(path) };
  } catch (error) {
    if (isFull(error)) return { database: undefined };
    return openAfter(error instanceof Error ? error.message : String(error));
  }
}

/** The file cannot be read: it is put aside, if the disk lets us, and an empty one takes its place. */
function openAfter(reason: string): Opened {
  try {
    const aside = { path: setAside(path, systemClock), reason };
    return { database: new BrokerDatabase(path), aside };
  } catch (error) {
    const further = error instanceof Error ? error.message : String(error);
    return { database: undefined, aside: { path, reason: `${reason}; ${further}` } };
  }
}

/** A file that turns up while the broker runs is not of this run: nothing of it may stay. */
function openAnew(): BrokerDatabase {
  const database = new BrokerDatabase(path);
  if (database.state.sessions.length === 0 && database.state.retained.length === 0) return database;
  database.close();
  setAside(path, systemClock);
  return new BrokerDatabase(path);
}

function start(): void {
  mkdirSync(dirname(path), { recursive: true });
  const { database, aside } = open();
  post({ type: 'ready', state: database?.state ?? EMPTY, aside });
  const thread = new StateThread(
    { open: openAnew, setAside: () => setAside(path, systemClock), post },
    database,
  );
  main.on('message', (message: ToState) => {
    switch (message.type) {
      case 'changes':
        thread.changes(message.batch, message.changes);
        break;
      case 'read':
        thread.read(message.ticket, message.ids);
        break;
      case 'close':
        thread.drain(() => {
          thread.close();
          main.close();
        });
    }
  });
}

try {
  start();
} catch (error) {
  post({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
}
