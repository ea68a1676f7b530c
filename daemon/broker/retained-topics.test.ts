/** Goal: devices retain on the operator's topics only, and only so much. */
import t from 'tap';
import { isContractTopic, RetainedTopics } from './retained-topics.ts';

void t.test('the trees of the contract are the gateway’s', (t) => {
  for (const topic of ['transactions/t1/submit', 'gateway/status', 'peripherals', 'feeds/items']) {
    t.ok(isContractTopic(topic), topic);
  }
  for (const topic of ['signs/3', '/gateway/status', 'gateways/1', '$gateway']) {
    t.notOk(isContractTopic(topic), topic);
  }
  t.end();
});

void t.test('topics and bytes are bounded, and an empty payload makes room', (t) => {
  const retained = new RetainedTopics({ topicsMax: 2, bytesMax: 1_000 });
  t.ok(retained.take('a', 100));
  t.ok(retained.take('a', 200), 'the same topic takes the place of what it was');
  t.notOk(retained.take('b', 600), 'too many bytes');
  t.ok(retained.take('b', 1));
  t.notOk(retained.take('c', 1), 'too many topics');
  t.ok(retained.take('c', 0), 'there is nothing to keep of an empty payload');
  t.ok(retained.take('a', 0));
  t.ok(retained.take('c', 1));
  t.ok(retained.take('b', 0));
  t.ok(retained.take('c', 0));
  t.equal(retained.bytes, 0);
  t.end();
});
