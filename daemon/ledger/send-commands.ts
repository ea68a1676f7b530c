/** A turn's commands to the ledger's thread, in order, with as few messages as that allows. */
import type { Worker } from 'node:worker_threads';
import type { Command } from './commands.ts';
import type { ToLedger } from './ledger-messages.ts';
import { packSubmissions, type Ticketed } from './submission-pack.ts';

export interface TicketedCommand {
  readonly ticket: number;
  readonly command: Command;
}

export function sendCommands(worker: Worker, batch: readonly TicketedCommand[]): void {
  const submissions: Ticketed[] = [];
  for (const { ticket, command } of batch) {
    if (command.type === 'submission') {
      submissions.push({ ticket, submission: command });
      continue;
    }
    // What stands before an append is handed over before it.
    sendSubmissions(worker, submissions.splice(0));
    worker.postMessage({ type: 'append', ticket, command } satisfies ToLedger);
  }
  sendSubmissions(worker, submissions);
}

function sendSubmissions(worker: Worker, batch: readonly Ticketed[]): void {
  if (batch.length === 0) return;
  const pack = packSubmissions(batch);
  worker.postMessage(pack, [pack.bytes]);
}
