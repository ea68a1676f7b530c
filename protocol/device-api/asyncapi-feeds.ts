/** The part of the AsyncAPI document about questions, their answers, and changes of documents. */
import { QUERY_REQUESTS, feedNewsTopic, queryAnswerTopic } from '../topics.ts';

const ref = (target: string): { $ref: string } => ({ $ref: target });

export const FEED_PARAMETERS = {
  collection: {
    description: 'A collection of documents that headquarters publishes.',
    examples: ['price'],
  },
};

export function feedChannels(parameters: object): object {
  return {
    query: {
      address: QUERY_REQUESTS.replace('+', '{deviceId}'),
      description:
        'A question about items, prices, stock, members, coupons, taxes or transactions.',
      parameters,
      messages: { query: ref('#/components/messages/query') },
    },
    answer: {
      address: queryAnswerTopic('{deviceId}'),
      description: 'The answer to a question, once; without one, ask again.',
      parameters,
      messages: { answer: ref('#/components/messages/answer') },
    },
    stock: {
      address: feedNewsTopic('stock'),
      description: 'What there is of an item now; of each once a second at most.',
      messages: { stock: ref('#/components/messages/stock') },
    },
    feed: {
      address: feedNewsTopic('{collection}'),
      description: 'A change of a document, as it comes in force.',
      parameters: { collection: ref('#/components/parameters/collection') },
      messages: { change: ref('#/components/messages/change') },
    },
  };
}

const MQTT_ONCE = { mqtt: { qos: 0, bindingVersion: '0.2.0' } };

export function feedOperations(): object {
  return {
    askQuestion: {
      action: 'send',
      channel: ref('#/channels/query'),
      summary: 'Ask; queryId is your own and comes back.',
      bindings: { mqtt: { qos: 1, retain: false, bindingVersion: '0.2.0' } },
      messages: [ref('#/channels/query/messages/query')],
    },
    receiveAnswer: {
      action: 'receive',
      channel: ref('#/channels/answer'),
      summary: 'Subscribe before the first question.',
      bindings: MQTT_ONCE,
      messages: [ref('#/channels/answer/messages/answer')],
    },
    receiveStock: {
      action: 'receive',
      channel: ref('#/channels/stock'),
      summary: 'Learn what there is of an item since something moved it.',
      bindings: MQTT_ONCE,
      messages: [ref('#/channels/stock/messages/stock')],
    },
    receiveChange: {
      action: 'receive',
      channel: ref('#/channels/feed'),
      summary: 'Learn what headquarters changed.',
      bindings: MQTT_ONCE,
      messages: [ref('#/channels/feed/messages/change')],
    },
  };
}

export const FEED_MESSAGES = {
  query: {
    title: 'Question',
    contentType: 'application/json',
    summary: 'docs/feeds.md lists every kind of question.',
    payload: {
      type: 'object',
      required: ['queryId', 'query'],
      properties: {
        queryId: { type: 'string', minLength: 1, maxLength: 128 },
        query: {
          enum: ['item', 'price', 'stock', 'member', 'coupon', 'storedValue', 'tax', 'transaction'],
        },
        code: { type: 'string' },
        id: { type: 'string' },
        currency: { type: 'string', pattern: '^[A-Z]{3}$' },
        at: { type: 'string', format: 'date-time' },
      },
    },
  },
  answer: {
    title: 'Answer',
    contentType: 'application/json',
    summary: 'With the feed heads that it is true for.',
    payload: {
      type: 'object',
      required: ['queryId', 'query', 'state', 'feeds', 'at'],
      properties: {
        queryId: { type: ['string', 'null'] },
        query: { type: ['string', 'null'] },
        state: { enum: ['found', 'unknown', 'refused'] },
        result: { type: 'object' },
        error: { type: 'object', required: ['code', 'message', 'hint'] },
        feeds: { type: 'array', items: { type: 'object' } },
        at: { type: 'string', format: 'date-time' },
      },
    },
  },
  stock: {
    title: 'Stock',
    contentType: 'application/json',
    summary: 'Of one item, or that that of all may be different; docs/stock.md has the members.',
    payload: {
      type: 'object',
      required: ['type', 'collection', 'at'],
      properties: {
        type: { enum: ['changed', 'reload'] },
        collection: { const: 'stock' },
        id: { type: 'string' },
        stock: { type: 'object', required: ['onHand', 'isKept', 'asOf'] },
        at: { type: 'string', format: 'date-time' },
      },
    },
  },
  change: {
    title: 'Change',
    contentType: 'application/json',
    summary: 'One document, or that everything of the collection may be different.',
    payload: {
      type: 'object',
      required: ['type', 'collection', 'at'],
      properties: {
        type: { enum: ['changed', 'reload'] },
        collection: { type: 'string' },
        op: { enum: ['put', 'delete'] },
        id: { type: 'string' },
        document: { type: 'object' },
        feed: { type: 'object', description: 'Absent where the store said it itself.' },
        override: { type: 'object', description: 'Who set a price of the store, until when.' },
        at: { type: 'string', format: 'date-time' },
      },
    },
  },
};
