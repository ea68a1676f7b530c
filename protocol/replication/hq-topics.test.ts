/** Goal: topics are formed as written down, and a topic of anybody else never parses as ours. */
import t from 'tap';
import { formatHqTopic, hqShard, hqTopicFilter, hqUplinkFilter, hqUsername } from './hq-topics.ts';
import { parseHqTopic } from './hq-topics.ts';

const place = { chain: 'acme', store: 's0417', gateway: 'g1' };
const topic = formatHqTopic({ ...place, direction: 'up', type: 'batch' });

void t.test('a topic names shard, place, direction and type', (t) => {
  // printf %s acme/s0417 | sha256sum
  t.equal(hqShard('acme', 's0417'), 'ea');
  t.equal(topic, 'tillgate/v1/ea/acme/s0417/g1/up/batch');
  t.same(parseHqTopic(topic), { ...place, direction: 'up', type: 'batch' });
  t.equal(hqTopicFilter(place, 'down'), 'tillgate/v1/ea/acme/s0417/g1/down/+');
  t.equal(hqUplinkFilter(), 'tillgate/v1/+/+/+/+/up/+');
  t.equal(hqUsername(place), 'acme.s0417.g1');
  t.end();
});

void t.test('other topics are not ours', (t) => {
  const others = [
    topic.replace('ea', '99'),
    topic.replace('v1', 'v2'),
    topic.replace('g1', 'G1'),
    topic.replace('g1', 'g/1'),
    topic.replace('/up/', '/sideways/'),
    topic.replace('batch', 'constructor'),
    `${topic}/more`,
    '',
  ];
  for (const other of others) t.equal(parseHqTopic(other), undefined, other);
  t.end();
});
