/**
 * Decides which logs headquarters takes in. A log is admitted by a note that HQ's own feed key
 * signed, which the gateway carries, or as a later epoch of a gateway that is admitted already,
 * under the same public key. Either way its own key must have signed the checkpoint it comes with.
 */
import { isTillgateError } from '../../protocol/errors.ts';
import { openCheckpoint } from '../../protocol/log/checkpoint.ts';
import { parseOrigin, sameGateway } from '../../protocol/log/origin.ts';
import { admittedVkey, openAdmission } from '../../protocol/replication/admission.ts';
import type { CheckpointMessage } from '../../protocol/replication/messages.ts';
import type { Clock } from '../../protocol/clock.ts';
import type { Custody } from '../custody/custody.ts';
import { EpochPace } from './epoch-pace.ts';

export type AdmissionVerdict =
  | { verdict: 'admitted' }
  | { verdict: 'refused'; reason: 'unadmitted' | 'signature' | 'busy'; detail: string };

export class AdmissionDesk {
  readonly #custody: Custody;
  readonly #feedVkey: string;

  readonly #pace: EpochPace;

  constructor(custody: Custody, feedVkey: string, clock: Clock) {
    this.#pace = new EpochPace(clock);
    this.#custody = custody;
    this.#feedVkey = feedVkey;
  }

  /** Judges a log that custody does not know; admits it durably when it may come in. */
  async consider(message: CheckpointMessage): Promise<AdmissionVerdict> {
    const vouched = this.#byNote(message) ?? (await this.#byEarlierEpoch(message.origin));
    if (vouched === undefined) {
      return refuse('unadmitted', 'no admission that headquarters signed covers this log');
    }
    try {
      const checkpoint = openCheckpoint(message.note, [vouched.logVkey]);
      if (checkpoint.origin !== message.origin) {
        return refuse('signature', 'the checkpoint is of another log');
      }
    } catch (error) {
      if (isTillgateError(error) && error.code !== 'INTERNAL') {
        return refuse('signature', error.message);
      }
      throw error;
    }
    if (!this.#pace.mayBegin(message.origin)) {
      // Nothing is lost by it: what waits is durable at the gateway, and is taken a day later.
      return refuse(
        'busy',
        'this gateway begins too many epochs; is its disk put back again and again?',
      );
    }
    await this.#custody.admit({ origin: message.origin, ...vouched });
    return { verdict: 'admitted' };
  }

  #byNote(message: CheckpointMessage): { logVkey: string; note: string } | undefined {
    if (message.admission === undefined) return undefined;
    try {
      const admission = openAdmission(message.admission, [this.#feedVkey]);
      const logVkey = admittedVkey(admission, message.origin);
      return logVkey === undefined ? undefined : { logVkey, note: message.admission };
    } catch (error) {
      if (isTillgateError(error) && error.code !== 'INTERNAL') return undefined;
      throw error;
    }
  }

  async #byEarlierEpoch(origin: string): Promise<{ logVkey: string; note: string } | undefined> {
    const asked = parseOrigin(origin);
    for (const known of await this.#custody.admissions()) {
      if (!sameGateway(parseOrigin(known.origin), asked)) continue;
      const logVkey = admittedVkey({ origin: known.origin, vkey: known.logVkey }, origin);
      if (logVkey !== undefined) return { logVkey, note: '' };
    }
    return undefined;
  }
}

function refuse(reason: 'unadmitted' | 'signature' | 'busy', detail: string): AdmissionVerdict {
  return { verdict: 'refused', reason, detail };
}
