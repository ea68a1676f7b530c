/**
 * Acts on what is learnt while the gateway runs: HQ signed a history that is not this log's, or a
 * till holds an answer that this log does not contain. A new epoch is opened at once, and sales go
 * on in it. HQ going back is not a reason for that: it is filled again, and an audit entry says so.
 */
import type { KeyObject } from 'node:crypto';
import type { Clock } from '../../protocol/clock.ts';
import type { Alarm } from '../ledger/commands.ts';
import type { LedgerClient } from '../ledger/ledger-client.ts';
import type { LedgerReader } from '../ledger/reader.ts';
import type { UplinkEvent } from '../uplink/uplink-status.ts';
import { nextOpening, type EpochReason } from './next-opening.ts';

export type EpochKeeperOptions = {
  ledger: Pick<LedgerClient, 'append' | 'openEpoch' | 'tip'>;
  /** Opens a reader of the newest epoch; closed after use. */
  openReader: () => LedgerReader;
  privateKey: KeyObject;
  clock: Clock;
  /** An epoch was opened; the owner tells people. */
  onEpoch: (epoch: { origin: string; reason: EpochReason; prevOrigin: string }) => void;
};

/** A device's word alone may begin an epoch this often: a broken till must not breed epochs. */
const DEVICE_CLAIM_INTERVAL_MS = 3_600_000;

type DivergedHead = { origin: string; size: number; note: string };

export class EpochKeeper {
  readonly #options: EpochKeeperOptions;
  /** Runs one after the other: the second finds the origin already replaced. */
  #pending: Promise<void> = Promise.resolve();
  #deviceClaimAtMs = -Infinity;

  constructor(options: EpochKeeperOptions) {
    this.#options = options;
  }

  /** Handles what the uplink learnt; rejects when the ledger does. */
  uplinkEvent(event: UplinkEvent): Promise<void> {
    if (event.type === 'diverged') {
      const { origin, reason, size, note } = event;
      return this.#then(() => this.#open(origin, reason, [{ origin, size, note }]));
    }
    if (event.type === 'regressed') return this.#then(() => this.#audit(event));
    return Promise.resolve();
  }

  /** Handles a till that holds an answer which the log does not contain. */
  deviceAlarm(alarm: Alarm): Promise<void> {
    const nowMs = this.#options.clock.monotonicMs();
    const { origin } = alarm.lastResult;
    // An answer of an earlier epoch was lost with that epoch, and this one follows it.
    if (origin !== this.#options.ledger.tip.origin) return Promise.resolve();
    if (nowMs - this.#deviceClaimAtMs < DEVICE_CLAIM_INTERVAL_MS) return Promise.resolve();
    this.#deviceClaimAtMs = nowMs;
    return this.#then(() => this.#open(origin, 'answerMissing', []));
  }

  #then(work: () => Promise<void>): Promise<void> {
    const done = this.#pending.then(work);
    this.#pending = done.catch(() => undefined);
    return done;
  }

  async #open(origin: string, reason: EpochReason, heads: readonly DivergedHead[]): Promise<void> {
    const { ledger, openReader, privateKey, onEpoch } = this.#options;
    if (ledger.tip.origin !== origin) return;
    const reader = openReader();
    try {
      // Sales committed between this reading and the opening stand in the old epoch all the same;
      // prevSize says how much of it was known when the decision fell.
      const previous = { origin, size: reader.size(), node: reader.node };
      const opened = await ledger.openEpoch(nextOpening({ reason, heads, previous, privateKey }));
      onEpoch({ origin: opened.origin, reason, prevOrigin: origin });
    } finally {
      reader.close();
    }
  }

  async #audit(event: Extract<UplinkEvent, { type: 'regressed' }>): Promise<void> {
    const { origin, fromSize, toSize, note } = event;
    const members = { event: 'hqRegressed', origin, fromSize, toSize, note };
    await this.#options.ledger.append({ type: 'append', kind: 'audit', members });
  }
}
