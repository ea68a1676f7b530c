import fc from 'fast-check';
import t from 'tap';
import {
  filterCovers,
  formatStoreTopic,
  isTopicFilter,
  isTopicName,
  parseStoreTopic,
  topicMatches,
} from './topics.ts';
import type { StoreTopic } from './topics.ts';

void t.test('every store topic is read as it was written', (t) => {
  const topics: [string, StoreTopic][] = [
    ['transactions/till-1/submit', { kind: 'transactionSubmit', deviceId: 'till-1' }],
    ['transactions/till-1/result', { kind: 'transactionResult', deviceId: 'till-1' }],
    [
      'peripherals/p1/request/till-1',
      { kind: 'peripheralRequest', peripheralId: 'p1', deviceId: 'till-1' },
    ],
    [
      'peripherals/p1/response/till-1',
      { kind: 'peripheralResponse', peripheralId: 'p1', deviceId: 'till-1' },
    ],
    ['peripherals/p1/event', { kind: 'peripheralEvent', peripheralId: 'p1' }],
    ['peripherals/p1/state', { kind: 'peripheralState', peripheralId: 'p1' }],
    ['queries/till-1/request', { kind: 'queryRequest', deviceId: 'till-1' }],
    ['queries/till-1/response', { kind: 'queryResponse', deviceId: 'till-1' }],
    ['feeds/prices', { kind: 'feed', collection: 'prices' }],
    ['gateway/status', { kind: 'gatewayStatus' }],
  ];
  for (const [text, topic] of topics) {
    t.strictSame(parseStoreTopic(text), topic);
    t.equal(formatStoreTopic(topic), text);
  }
  t.end();
});

void t.test('what only looks like a store topic is none', (t) => {
  for (const text of [
    '',
    'transactions',
    'transactions/till-1',
    'transactions//submit',
    'transactions/Till-1/submit',
    'transactions/till-1/submit/',
    'transactions/till-1/submit/x',
    '/transactions/till-1/submit',
    'transactions/+/submit',
    `transactions/${'a'.repeat(33)}/submit`,
    'peripherals/p1/request',
    'peripherals/p1/event/till-1',
    'peripherals/p1/request/Till',
    'queries/till-1/result',
    'feeds/prices/x',
    'gateway/status/x',
    'gateway/other',
  ]) {
    t.equal(parseStoreTopic(text), undefined, text);
  }
  t.end();
});

void t.test('filters match as MQTT 3.1.1 section 4.7 shows', (t) => {
  const cases: [filter: string, topic: string, matches: boolean][] = [
    ['sport/tennis/player1/#', 'sport/tennis/player1', true],
    ['sport/tennis/player1/#', 'sport/tennis/player1/score/wimbledon', true],
    ['sport/#', 'sport', true],
    ['#', 'a/b', true],
    ['sport/tennis/+', 'sport/tennis/player1', true],
    ['sport/tennis/+', 'sport/tennis/player1/ranking', false],
    ['sport/+', 'sport', false],
    ['sport/+', 'sport/', true],
    ['+/+', '/finance', true],
    ['/+', '/finance', true],
    ['+', '/finance', false],
    ['#', '$SYS/monitor', false],
    ['+/monitor', '$SYS/monitor', false],
    ['$SYS/#', '$SYS/monitor', true],
  ];
  for (const [filter, topic, matches] of cases) {
    t.equal(topicMatches(filter, topic), matches, `${filter} ${topic}`);
  }
  t.end();
});

void t.test('a filter covers another exactly when it matches all that the other matches', (t) => {
  const level = fc.constantFrom('a', 'b', '');
  const topic = fc.array(level, { minLength: 1, maxLength: 4 }).map((levels) => levels.join('/'));
  const filter = fc
    .tuple(
      fc.array(fc.constantFrom('a', 'b', '', '+'), { minLength: 1, maxLength: 3 }),
      fc.boolean(),
    )
    .map(([levels, open]) => [...levels, ...(open ? ['#'] : [])].join('/'));
  fc.assert(
    fc.property(filter, filter, topic, (outer, inner, topic) => {
      // A topic that only the inner filter matches disproves that the outer one covers it.
      if (filterCovers(outer, inner) && topicMatches(inner, topic))
        return topicMatches(outer, topic);
      return filterCovers(outer, topic) === topicMatches(outer, topic);
    }),
    { numRuns: 5000 },
  );
  t.equal(filterCovers('transactions/till-1/result', 'transactions/+/result'), false);
  t.equal(filterCovers('transactions/till-1/result', '#'), false);
  t.equal(filterCovers('peripherals/#', 'peripherals/+/event'), true);
  t.equal(filterCovers('a/#', 'a'), true);
  t.equal(filterCovers('+', '#'), false);
  t.end();
});

void t.test('names and filters are told apart by their wildcards', (t) => {
  for (const name of ['a', 'a/b', '/', 'é']) t.ok(isTopicName(name) && isTopicFilter(name), name);
  for (const filter of ['#', '+', 'a/+/b', 'a/#', '+/#']) {
    t.ok(isTopicFilter(filter) && !isTopicName(filter), filter);
  }
  for (const neither of ['', 'a\u0000', 'a#', 'a/#/b', 'a+', '\ud800', 'x'.repeat(65_536)]) {
    t.notOk(isTopicFilter(neither), neither.slice(0, 9));
  }
  t.end();
});
