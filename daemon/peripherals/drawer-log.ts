/**
 * What the log hears of drawers: each opening, with the job that asked for it or without one, and a
 * drawer that was left open. A job's own entry is in the commit that ends it (prepare-job.ts); this is
 * about what the drawer itself reports.
 */
import type { PeripheralEvent } from '../../drivers/session-machine.ts';
import type { Clock } from '../../protocol/clock.ts';
import type { Json } from '../../protocol/json/json-value.ts';
import type { LedgerClient } from '../ledger/ledger-client.ts';

/** A drawer reports that it is open within this after its pulse. */
const BY_JOB_MS = 5_000;
/** A switch that bounces for hours must not fill the log. */
const ENTRIES_PER_HOUR = 120;
const HOUR_MS = 3_600_000;

export interface DrawerLogOptions {
  readonly ledger: Pick<LedgerClient, 'append'>;
  readonly clock: Clock;
  readonly onTrouble: (error: unknown) => void;
}

export class DrawerLog {
  readonly #options: DrawerLogOptions;
  readonly #openedByJobMs = new Map<string, number>();
  #hourBeganMs = -Infinity;
  #entries = 0;

  constructor(options: DrawerLogOptions) {
    this.#options = options;
  }

  /** A job is opening the drawer now, or just did. */
  openedByJob(peripheralId: string): void {
    this.#openedByJobMs.set(peripheralId, this.#options.clock.monotonicMs());
  }

  event(peripheralId: string, event: PeripheralEvent, isJobRunning: boolean): void {
    if (event.type === 'drawerOpened') {
      const sinceMs = this.#options.clock.monotonicMs() - this.#lastJobMs(peripheralId);
      if (isJobRunning || event['byJob'] === true || sinceMs <= BY_JOB_MS) return;
      this.#append({ peripheralId, event: 'drawerOpened' });
    } else if (event.type === 'drawerOpenTooLong') {
      this.#append({ peripheralId, event: 'drawerOpenTooLong' });
    }
  }

  #lastJobMs(peripheralId: string): number {
    return this.#openedByJobMs.get(peripheralId) ?? -Infinity;
  }

  #append(members: Record<string, Json>): void {
    const { clock, ledger, onTrouble } = this.#options;
    const nowMs = clock.monotonicMs();
    if (nowMs - this.#hourBeganMs > HOUR_MS) {
      this.#hourBeganMs = nowMs;
      this.#entries = 0;
    }
    this.#entries += 1;
    if (this.#entries > ENTRIES_PER_HOUR) return;
    ledger.append({ type: 'append', kind: 'peripheral', members }).catch(onTrouble);
  }
}
