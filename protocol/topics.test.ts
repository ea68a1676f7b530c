import fc from 'fast-check';
import t from 'tap';
import { filterCovers, isTopicFilter, topicMatches } from './topics.ts';

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

void t.test('wildcards fill a whole level, and # is last', (t) => {
  for (const name of ['a', 'a/b', '/', 'é']) t.ok(isTopicFilter(name), name);
  for (const filter of ['#', '+', 'a/+/b', 'a/#', '+/#']) t.ok(isTopicFilter(filter), filter);
  for (const neither of ['', 'a\u0000', 'a#', 'a/#/b', 'a+', '\ud800', 'x'.repeat(65_536)]) {
    t.notOk(isTopicFilter(neither), neither.slice(0, 9));
  }
  t.end();
});
