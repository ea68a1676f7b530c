/** Wires reservations with the broker and the ledger; stock watches when they end. */
import type { GatewayConfig } from '../../config/gateway-schema.ts';
import { RESERVATION_REQUESTS, reservationAnswerTopic } from '../../protocol/topics.ts';
import type { Doors } from '../doors.ts';
import type { LogKeeping, SharedParts } from '../log-keeping.ts';
import type { StockClient } from '../stock/stock-client.ts';
import type { StockListeners } from '../stock/stock-keeping.ts';
import { ReservationDesk } from './reservation-desk.ts';

export function startReservations(
  parts: SharedParts &
    LogKeeping &
    Doors & { config: () => GatewayConfig; stock: StockClient; stockListeners: StockListeners },
): void {
  const { clock, log, ledger, reader, broker, stock, stockListeners } = parts;
  const desk = new ReservationDesk({
    ...{ clock, log, store: parts.config().store },
    rights: (command) => ledger.rights(command),
    known: (reservationId) => reader.rights.reservation(reservationId),
    publish: (deviceId, answer) => broker.publishOnce(reservationAnswerTopic(deviceId), answer),
  });
  stockListeners.onExpired.push((reservationIds) => desk.expired(reservationIds));
  broker.listen(RESERVATION_REQUESTS, (topic, payload) => {
    const [, deviceId = ''] = topic.split('/');
    stock.start();
    desk.take(deviceId, payload);
  });
}
