/**
 * The judge worker's end of a lane into the ledger's thread (see LedgerLane in ledger-client.ts).
 */
import type { MessagePort } from 'node:worker_threads';
import { packSubmissions, type Ticketed } from './submission-pack.ts';

export type { Ticketed } from './submission-pack.ts';

export interface Handover {
  /** Hands over a batch, in order. The bodies' bytes are copied. */
  send(batch: readonly Ticketed[]): void;
  close(): void;
}

export function openHandover(port: MessagePort): Handover {
  return {
    send(batch) {
      if (batch.length === 0) return;
      const pack = packSubmissions(batch);
      port.postMessage(pack, [pack.bytes]);
    },
    close() {
      port.close();
    },
  };
}
