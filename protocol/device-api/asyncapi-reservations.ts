/** The part of the AsyncAPI document about goods that are kept for somebody. */
import { RESERVATION_REQUESTS, reservationAnswerTopic } from '../topics.ts';

const ref = (target: string): { $ref: string } => ({ $ref: target });

export function reservationChannels(parameters: object): object {
  return {
    reservation: {
      address: RESERVATION_REQUESTS.replace('+', '{deviceId}'),
      description: 'A request to keep goods, to let them go, or to hand them over.',
      parameters,
      messages: { reservation: ref('#/components/messages/reservation') },
    },
    reserved: {
      address: reservationAnswerTopic('{deviceId}'),
      description: 'What became of it, once and after it is durable; without an answer, ask again.',
      parameters,
      messages: { reserved: ref('#/components/messages/reserved') },
    },
  };
}

export function reservationOperations(): object {
  return {
    reserve: {
      action: 'send',
      channel: ref('#/channels/reservation'),
      summary: 'The same request again is the same reservation.',
      bindings: { mqtt: { qos: 1, retain: false, bindingVersion: '0.2.0' } },
      messages: [ref('#/channels/reservation/messages/reservation')],
    },
    receiveReserved: {
      action: 'receive',
      channel: ref('#/channels/reserved'),
      summary: 'Subscribe before the first request.',
      bindings: { mqtt: { qos: 0, bindingVersion: '0.2.0' } },
      messages: [ref('#/channels/reserved/messages/reserved')],
    },
  };
}

const scaled = {
  type: 'object',
  required: ['value', 'scale'],
  properties: { value: { type: 'integer' }, scale: { type: 'integer', minimum: 0, maximum: 6 } },
};
const uuid = { type: 'string', format: 'uuid' };

export const RESERVATION_MESSAGES = {
  reservation: {
    title: 'Reservation',
    contentType: 'application/json',
    summary: 'A hold names item and quantity; docs/stock.md has the rules.',
    payload: {
      type: 'object',
      required: ['reservationId', 'operation'],
      properties: {
        reservationId: uuid,
        operation: { enum: ['hold', 'release', 'collect'] },
        itemId: { type: 'string', minLength: 1, maxLength: 64 },
        quantity: scaled,
        until: { type: 'string', format: 'date-time' },
      },
    },
  },
  reserved: {
    title: 'Reservation’s state',
    contentType: 'application/json',
    summary: 'The state of the reservation now, and what may still be promised of the item.',
    payload: {
      type: 'object',
      required: ['reservationId', 'state', 'left', 'at'],
      properties: {
        reservationId: { type: ['string', 'null'] },
        state: { enum: ['held', 'released', 'collected', 'refused'] },
        itemId: { type: 'string' },
        quantity: scaled,
        until: { type: 'string', format: 'date-time' },
        left: { oneOf: [scaled, { type: 'null' }] },
        error: { type: 'object', required: ['code', 'message', 'hint'] },
        at: { type: 'string', format: 'date-time' },
      },
    },
  },
};
