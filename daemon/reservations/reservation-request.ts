/** What a device may ask on `reservations/{deviceId}/request`. Reads without trust; never throws. */
import Type from 'typebox';
import type { Static } from 'typebox';
import { Compile } from 'typebox/compile';
import { isDateTime } from '../../protocol/calendar.ts';
import { UUID_SOURCE, isUuid } from '../../protocol/ids.ts';
import { isJsonObject } from '../../protocol/json/json-value.ts';
import { parseStrictJson } from '../../protocol/json/strict-json.ts';
import { POOL_ID_SOURCE } from '../../protocol/rights/pool.ts';
import { SCALE_MAX } from '../../protocol/scaled.ts';
import { rightOf } from '../../protocol/stock/stock-amount.ts';

/** Some ids and a quantity. */
export const RESERVATION_BYTES_MAX = 4 * 1024;
/** RFC 3339 allows any number of digits for the fraction of a second. */
const TIME_CHARACTERS_MAX = 64;

const quantity = Type.Object(
  {
    value: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
    scale: Type.Integer({ minimum: 0, maximum: SCALE_MAX }),
  },
  { additionalProperties: false },
);

const requestSchema = Type.Object(
  {
    reservationId: Type.String({ pattern: UUID_SOURCE }),
    operation: Type.Enum(['hold', 'release', 'collect']),
    itemId: Type.Optional(Type.String({ pattern: `^${POOL_ID_SOURCE}$` })),
    quantity: Type.Optional(quantity),
    until: Type.Optional(Type.String({ maxLength: TIME_CHARACTERS_MAX })),
  },
  { additionalProperties: false },
);

export type ReservationRequest = Pick<
  Static<typeof requestSchema>,
  'reservationId' | 'operation' | 'itemId' | 'until'
> & {
  /** Thousandths. */
  amount: number | undefined;
};

export type ReadReservation =
  | { ok: true; request: ReservationRequest }
  | { ok: false; reservationId: string | null; path: string; message: string };

const form = Compile(requestSchema);

export function readReservation(payload: Uint8Array): ReadReservation {
  const { value, faults } = parseStrictJson(payload);
  if (!isJsonObject(value) || faults.length > 0) {
    return { ok: false, reservationId: null, path: '', message: 'The request is no JSON object.' };
  }
  const { reservationId: id } = value;
  const reservationId = typeof id === 'string' && isUuid(id) ? id : null;
  const wrong = (path: string, message: string): ReadReservation => ({
    ...{ ok: false, reservationId, path, message },
  });
  if (!form.Check(value)) {
    const [first] = form.Errors(value);
    const path = first?.instancePath ?? '';
    return wrong(path, `${path === '' ? 'The request' : path} ${first?.message ?? 'is wrong'}.`);
  }
  const { quantity: wanted, itemId, operation, until } = value;
  const amount = wanted === undefined ? undefined : rightOf(wanted);
  if (wanted !== undefined && amount === undefined) {
    return wrong('/quantity', 'Goods are kept in whole thousandths of their unit.');
  }
  if (operation === 'hold' && itemId === undefined)
    return wrong('/itemId', 'A hold names an item.');
  if (operation === 'hold' && amount === undefined) {
    return wrong('/quantity', 'A hold says how much.');
  }
  if (until !== undefined && !isDateTime(until)) return wrong('/until', 'It is no date and time.');
  if (until !== undefined && operation !== 'hold') {
    return wrong('/until', 'Only a hold ends at a time.');
  }
  const rest = { ...(itemId !== undefined && { itemId }), ...(until !== undefined && { until }) };
  return { ok: true, request: { reservationId: value.reservationId, operation, amount, ...rest } };
}
