/**
 * All tills of the demonstration: shares the sales out among them, starts a process for each, tells
 * all of them where the gateway answers, and keeps their answers together.
 */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { workerUrl } from '../platform/worker-url.ts';
import type { InvoiceTransaction } from './invoice-transaction.ts';
import type { FromTill, GatewayLife, TillAnswer, TillIdentity, ToTill } from './till-messages.ts';

const TILL_MAIN = fileURLToPath(workerUrl(import.meta.url, './till'));

export type FleetOptions = {
  /** Where the sales of each till are laid down. */
  folder: string;
  identities: readonly TillIdentity[];
  transactions: readonly InvoiceTransaction[];
  onAnswer: (answer: TillAnswer) => void;
};

export class TillFleet {
  readonly #children = new Set<ChildProcess>();
  readonly #options: FleetOptions;
  /** How often submissions were repeated, for want of an answer. */
  resubmitted = 0;
  /** The first till that ended before it was told to, if any. */
  lost: string | undefined;
  #stopping = false;

  constructor(options: FleetOptions) {
    this.#options = options;
  }

  /** Resolves when every till has read, and signed, its sales. */
  async begin(): Promise<void> {
    const { identities, transactions, folder } = this.#options;
    await Promise.all(
      identities.map(async (identity, till) => {
        const share = transactions.filter((_, at) => at % identities.length === till);
        const salesFile = join(folder, `${identity.deviceId}.jsonl`);
        writeFileSync(salesFile, share.map((sale) => `${JSON.stringify(sale)}\n`).join(''));
        await this.#startTill(identity, salesFile);
      }),
    );
  }

  /** The gateway answers there from now on. */
  reach(life: GatewayLife): void {
    for (const child of this.#children) tell(child, { type: 'gateway', life });
  }

  /** Ends every till; resolves when all processes are gone. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const gone = [...this.#children].map((child) => once(child, 'exit'));
    for (const child of this.#children) {
      if (child.connected) tell(child, { type: 'stop' });
      else child.kill('SIGKILL');
    }
    await Promise.all(gone);
  }

  async #startTill(identity: TillIdentity, salesFile: string): Promise<void> {
    const child = fork(TILL_MAIN, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    this.#children.add(child);
    await new Promise<void>((resolve, reject) => {
      child.on('message', (message) => {
        if (this.#hear(message as FromTill)) resolve();
      });
      child.once('error', reject);
      child.once('exit', () => {
        this.#children.delete(child);
        if (!this.#stopping) this.lost ??= identity.deviceId;
        resolve();
      });
      tell(child, { type: 'begin', identity, salesFile });
    });
  }

  /** True for the word that a till is ready. */
  #hear(message: FromTill): boolean {
    switch (message.type) {
      case 'ready':
        return true;
      case 'answer':
        this.#options.onAnswer(message.answer);
        return false;
      case 'resubmitted':
        this.resubmitted += message.count;
        return false;
    }
  }
}

function tell(child: ChildProcess, message: ToTill): void {
  // An error here means that the till is gone, which its `exit` reports.
  child.send(message, () => undefined);
}
