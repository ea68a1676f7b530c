/**
 * Keeps goods for somebody at a device's request, and answers after the fsync: each reservation spends
 * rights that this gateway holds, so what is promised is there, offline included. The same request again
 * gets the answer that is true now, and other content under the same id is refused. Bounded in all and
 * for each device; what exceeds that is refused with the time to wait.
 */
import type { Clock } from '../../protocol/clock.ts';
import { ERROR_CODES } from '../../protocol/error-codes.ts';
import { isTillgateError } from '../../protocol/errors.ts';
import type { ErrorCode } from '../../protocol/errors.ts';
import { stockItemOf, stockPool } from '../../protocol/rights/pool.ts';
import type { RightsChange } from '../../protocol/rights/holder.ts';
import type { ReservationRow } from '../../protocol/rights/rights-view.ts';
import { must } from '../../protocol/must.ts';
import { scaledRight } from '../../protocol/stock/stock-amount.ts';
import type { RightsAnswer, RightsCommand } from '../ledger/commands.ts';
import { QueryRates } from '../queries/query-rates.ts';
import { RESERVATION_BYTES_MAX, readReservation } from './reservation-request.ts';
import type { ReservationRequest } from './reservation-request.ts';

export type ReservationDeskOptions = {
  clock: Clock;
  store: string;
  rights: (command: RightsCommand) => Promise<RightsAnswer>;
  /** A reservation that the ledger knows. */
  known: (reservationId: string) => ReservationRow | undefined;
  publish: (deviceId: string, answer: string) => void;
  log: { warn(details: object, message: string): void };
};

/** On their way to the ledger, which takes milliseconds. */
const WAITING_MAX = 256;
const RETRY_MS = 1_000;

type Refusal = {
  code: ErrorCode;
  message: string;
  path?: string;
  retryAfterMs?: number;
  /** Thousandths that may be promised. */
  left?: number | undefined;
};

export class ReservationDesk {
  readonly #options: ReservationDeskOptions;
  readonly #rates: QueryRates;
  readonly #refusalRates: QueryRates;
  #waiting = 0;

  constructor(options: ReservationDeskOptions) {
    this.#options = options;
    this.#rates = new QueryRates(options.clock);
    this.#refusalRates = new QueryRates(options.clock);
  }

  /** Takes one request; the answer comes through `publish`. Never throws for what it says. */
  take(deviceId: string, payload: Uint8Array): void {
    if (payload.length > RESERVATION_BYTES_MAX) {
      this.#refuse(deviceId, null, { code: 'RESERVATION_INVALID', message: 'It is too long.' });
      return;
    }
    const read = readReservation(payload);
    if (!read.ok) {
      const { path, message } = read;
      this.#refuse(deviceId, read.reservationId, { code: 'RESERVATION_INVALID', message, path });
      return;
    }
    const { request } = read;
    if (this.#waiting >= WAITING_MAX || !this.#rates.may(deviceId)) {
      const { means: message } = ERROR_CODES.RESERVATION_BUSY;
      const busy = { code: 'RESERVATION_BUSY', message, retryAfterMs: RETRY_MS } as const;
      this.#refuse(deviceId, request.reservationId, busy);
      return;
    }
    this.#waiting += 1;
    void this.#decide(deviceId, request).finally(() => {
      this.#waiting -= 1;
    });
  }

  /** Lets go what nobody came for. */
  expired(reservationIds: readonly string[]): void {
    for (const reservationId of reservationIds) {
      const change = { type: 'release', reservationId, reason: 'expired' } as const;
      this.#options.rights({ type: 'rights', change }).catch((error: unknown) => {
        // It is said again.
        this.#options.log.warn({ err: error }, 'a reservation that has ended could not be let go');
      });
    }
  }

  async #decide(deviceId: string, request: ReservationRequest): Promise<void> {
    const { reservationId } = request;
    try {
      const known = this.#options.known(reservationId);
      if (known !== undefined && this.#isOther(request, known)) {
        this.#refuse(deviceId, reservationId, conflict());
        return;
      }
      const change = this.#changeFor(request);
      const answer = await this.#options.rights({ type: 'rights', change, deviceId });
      if (answer.state === 'done') this.#done(deviceId, request, answer);
      else this.#lacking(deviceId, request, answer);
    } catch (error) {
      if (!isTillgateError(error)) throw error;
      const { code, message, retryable } = error;
      if (!retryable) this.#options.log.warn({ err: error }, 'a reservation could not be decided');
      this.#refuse(deviceId, reservationId, { code, message, retryAfterMs: RETRY_MS });
    }
  }

  #changeFor({
    operation,
    reservationId,
    itemId,
    amount,
    until,
  }: ReservationRequest): RightsChange {
    switch (operation) {
      case 'hold': {
        const pool = stockPool(this.#options.store, must(itemId, 'a hold names an item'));
        const units = must(amount, 'a hold says how much');
        const end = until === undefined ? {} : { until };
        return { type: 'hold', reservationId, pool, amount: units, ...end };
      }
      case 'release':
        return { type: 'release', reservationId, reason: 'cancelled' };
      case 'collect':
        return { type: 'collect', reservationId };
    }
  }

  #done(
    deviceId: string,
    request: ReservationRequest,
    { reservation, left }: Extract<RightsAnswer, { state: 'done' }>,
  ): void {
    const row = must(reservation, 'what became of a reservation is in the answer');
    // Two that came at once with one id.
    if (this.#isOther(request, row)) {
      this.#refuse(deviceId, row.reservationId, conflict());
      return;
    }
    this.#publish(deviceId, {
      ...{ reservationId: row.reservationId, state: row.state },
      ...{ itemId: stockItemOf(row.pool), quantity: scaledRight(row.amount) },
      ...(row.until !== null && { until: row.until }),
      left: left === undefined ? null : scaledRight(left),
    });
  }

  /** Asks headquarters for what is missing, too; the device may try again when it has come. */
  #lacking(
    deviceId: string,
    { reservationId, itemId, amount = 0 }: ReservationRequest,
    { code, message, left }: Extract<RightsAnswer, { state: 'refused' }>,
  ): void {
    this.#refuse(deviceId, reservationId, { code, message, left });
    if (code !== 'RIGHTS_LACKING' || itemId === undefined) return;
    const pool = stockPool(this.#options.store, itemId);
    const change = { type: 'request', pool, amount: amount - (left ?? 0) } as const;
    this.#options.rights({ type: 'rights', change }).catch((error: unknown) => {
      this.#options.log.warn(
        { err: error },
        'headquarters could not be asked for stock to promise',
      );
    });
  }

  #isOther({ operation, itemId, amount, until }: ReservationRequest, row: ReservationRow): boolean {
    const isOtherItem = itemId !== undefined && stockItemOf(row.pool) !== itemId;
    const isOtherAmount = amount !== undefined && row.amount !== amount;
    return isOtherItem || isOtherAmount || (operation === 'hold' && row.until !== (until ?? null));
  }

  #refuse(
    deviceId: string,
    reservationId: string | null,
    { code, message, path, retryAfterMs, left }: Refusal,
  ): void {
    // A flood of requests is no flood of answers.
    if (!this.#refusalRates.may(deviceId)) return;
    const { fix: hint } = ERROR_CODES[code];
    const more = {
      ...(path !== undefined && { path }),
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    };
    this.#publish(deviceId, {
      ...{ reservationId, state: 'refused', left: left === undefined ? null : scaledRight(left) },
      error: { code, message, hint, ...more },
    });
  }

  #publish(deviceId: string, answer: object): void {
    const at = new Date(this.#options.clock.wallMs()).toISOString();
    this.#options.publish(deviceId, JSON.stringify({ ...answer, at }));
  }
}

function conflict(): Refusal {
  return { code: 'RESERVATION_CONFLICT', message: ERROR_CODES.RESERVATION_CONFLICT.means };
}
