/**
 * Says when rights thaw, and when they freeze while the gateway runs. A new epoch freezes them in the
 * commit that opens it; they thaw when everything is here that headquarters holds of the logs before,
 * and nobody has reason to think that a second copy of this gateway is selling. While that alarm
 * stands they stay frozen: the other copy may be spending the same grants. What it spent after its
 * log was fetched counts too, so headquarters is asked once more when nothing else is in the way.
 */
import type { AlarmBook } from '../../platform/alarms.ts';
import { isTillgateError } from '../../protocol/errors.ts';
import type { CarryList } from '../epochs/carry-list.ts';
import type { LedgerClient } from '../ledger/ledger-client.ts';
import type { RightsReads } from '../ledger/ledger-port.ts';

export type FrostKeeperOptions = {
  ledger: Pick<LedgerClient, 'rights'>;
  rights: Pick<RightsReads, 'state'>;
  /** What of earlier logs is waited for. */
  list: Pick<CarryList, 'awaited'>;
  alarms: Pick<AlarmBook, 'list'>;
  /** Has all logs fetched again that came back; resolves when the list says so. */
  fetchAgain: () => Promise<void>;
  onThawed: () => void;
  onTrouble: (error: unknown) => void;
};

export class FrostKeeper {
  readonly #options: FrostKeeperOptions;
  #isTelling = false;
  /** Since nothing else is in the way. */
  #hasFetchedAgain = false;

  constructor(options: FrostKeeperOptions) {
    this.#options = options;
  }

  /** Looks once; to be called again and again. */
  async look(): Promise<void> {
    const { rights, list, alarms, fetchAgain, onThawed, onTrouble } = this.#options;
    if (this.#isTelling) return;
    const isFrozen = rights.state().frozen !== null;
    const isForked = alarms.list().some(({ code }) => code === 'LOG_FORKED');
    if (!isFrozen || isForked) this.#hasFetchedAgain = false;
    this.#isTelling = true;
    try {
      if (!isFrozen && isForked) await this.#tell('freeze', 'secondCopy');
      if (!isFrozen || isForked || list.awaited.length > 0) return;
      if (!this.#hasFetchedAgain) {
        await fetchAgain();
        this.#hasFetchedAgain = true;
        if (list.awaited.length > 0) return;
      }
      await this.#tell('thaw', 'recovered');
      onThawed();
    } catch (error) {
      // Tried again at the next look; until then things stay as they are.
      if (!isTillgateError(error) || !error.retryable) onTrouble(error);
    } finally {
      this.#isTelling = false;
    }
  }

  async #tell(type: 'freeze' | 'thaw', reason: string): Promise<void> {
    await this.#options.ledger.rights({ type: 'rights', change: { type, reason } });
  }
}
