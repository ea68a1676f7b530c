/**
 * Copies what is committed in the write-ahead log into the database file, in a thread of its own so
 * that the ledger's thread never waits for those reads, writes and fsyncs. A passive checkpoint
 * blocks nobody: it copies as far as readers and the writer let it. When it reached the end, the
 * ledger's next transaction starts the log from its beginning.
 */
import Database from 'better-sqlite3';
import { parentPort, workerData } from 'node:worker_threads';
import { must } from '../../protocol/must.ts';
import type { FromCheckpoint, ToCheckpoint } from './ledger-messages.ts';

/** Each frame of the log is a page and 24 bytes about it. */
const FRAME_HEADER_BYTES = 24;
/** The copy goes page by page; a cache would only hold memory. */
const CACHE_KIB = 256;

const port = must(parentPort, 'this module runs as a worker');
const { path } = workerData as { path: string };
const database = new Database(path, { fileMustExist: true });
database.pragma(`cache_size = -${CACHE_KIB}`);
database.pragma('synchronous = FULL');
const pageBytes = Number(database.pragma('page_size', { simple: true }));

port.on('message', (message: ToCheckpoint) => {
  if (message.type === 'close') {
    database.close();
    port.close();
    return;
  }
  port.postMessage(checkpoint());
});

function checkpoint(): FromCheckpoint {
  try {
    const rows = database.pragma('wal_checkpoint(PASSIVE)') as {
      log: number;
      checkpointed: number;
    }[];
    const { log, checkpointed } = must(rows[0], 'a checkpoint reports one row');
    const walBytes = Math.max(0, log) * (pageBytes + FRAME_HEADER_BYTES);
    return { type: 'checkpointed', walBytes, isComplete: checkpointed >= log };
  } catch (error) {
    // A full disk here costs nothing: the log keeps what was not copied, and it is tried again.
    return { type: 'failed', message: error instanceof Error ? error.message : String(error) };
  }
}
