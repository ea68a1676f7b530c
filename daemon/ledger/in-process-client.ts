/**
 * The ledger without threads, for commands that change something while the daemon is down. One
 * command, one commit; the caller holds the home's lock.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { TillgateError } from '../../protocol/errors.ts';
import { must } from '../../protocol/must.ts';
import type {
  Answer,
  Append,
  Command,
  JobCommand,
  RightsAnswer,
  RightsCommand,
  Submission,
} from './commands.ts';
import type { EpochOpening } from './epoch.ts';
import type {
  LedgerClient,
  LedgerLane,
  LedgerOptions,
  LedgerStatus,
  LedgerTip,
} from './ledger-client.ts';
import { LedgerCore } from './ledger-core.ts';
import type { ReturnedOutcome } from './apply-returned.ts';
import { jobIn, rightsIn, type JobAnswer } from './job-answer.ts';
import type { EpochInfo } from './ledger-port.ts';
import type { ReturnedSlice } from './returned-entry.ts';
import { freeBytes } from './space-reserve.ts';
import { LEDGER_FILE } from './sqlite-schema.ts';
import { SqliteStore } from './sqlite-store.ts';

export class InProcessClient implements LedgerClient {
  readonly #options: LedgerOptions;
  readonly #core: LedgerCore;
  readonly #listeners = new Set<(tip: LedgerTip) => void>();

  constructor(options: LedgerOptions) {
    this.#options = options;
    mkdirSync(options.dataDir, { recursive: true });
    this.#core = new LedgerCore(new SqliteStore(join(options.dataDir, LEDGER_FILE)), {
      clock: options.clock,
      bootId: randomUUID(),
      clockSource: options.clockSource ?? 'system',
      randomBytes,
      origin: options.origin,
    });
  }

  get tip(): LedgerTip {
    return this.#core.tip();
  }

  submit(submission: Submission): Promise<Answer> {
    return this.#run(submission);
  }

  append(command: Append): Promise<Answer> {
    return this.#run(command);
  }

  async job(command: JobCommand): Promise<JobAnswer> {
    return jobIn(await this.#run(command));
  }

  async rights(command: RightsCommand): Promise<RightsAnswer> {
    return rightsIn(await this.#run(command));
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- a throw becomes a rejection
  async openEpoch(opening: EpochOpening): Promise<EpochInfo> {
    const info = this.#core.openEpoch(opening);
    this.#tell();
    return info;
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- a throw becomes a rejection
  async restore(slice: ReturnedSlice): Promise<ReturnedOutcome> {
    return this.#core.restore(slice);
  }

  openLane(): LedgerLane {
    throw new TillgateError('INTERNAL', 'A ledger without threads has no lanes.');
  }

  onCommit(listener: (tip: LedgerTip) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  status(): LedgerStatus {
    return {
      tip: this.tip,
      waitingItems: 0,
      waitingBytes: 0,
      inFlightItems: 0,
      walBytes: 0,
      freeBytes: freeBytes(join(this.#options.dataDir, LEDGER_FILE)),
      diskFull: false,
    };
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- a throw becomes a rejection
  async close(): Promise<void> {
    this.#core.close();
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- a throw becomes a rejection
  async #run(command: Command): Promise<Answer> {
    const outcome = must(this.#core.run([command])[0], 'one command gets one outcome');
    if (outcome instanceof TillgateError) throw outcome;
    this.#tell();
    const { text, ...rest } = outcome;
    return { ...rest, payload: Buffer.from(text) };
  }

  #tell(): void {
    for (const listener of this.#listeners) listener(this.tip);
  }
}
