/**
 * Goal: a gateway that asked while there was no feed gets the first one when it is published, however
 * long that takes. Method: a distribution whose clock and timers the test moves.
 */
import t from 'tap';
import { SampleLog } from '../../protocol/replication/fixtures/sample-log.ts';
import { encodeMessage } from '../../protocol/replication/messages.ts';
import { formatHqTopic } from '../../protocol/replication/hq-topics.ts';
import { FeedDistribution } from './feed-distribution.ts';
import type { KeptFeed } from './feed-keeper.ts';

void t.test('a gateway is remembered before there is any feed', async (t) => {
  const log = new SampleLog('hq.example.com/acme/s1/g1/e1');
  let nowMs = 0;
  let sweep = (): void => undefined;
  let published: (origin: string, size: number) => void = () => undefined;
  const asked: string[] = [];
  const feeds = (): KeptFeed[] => {
    asked.push('feeds');
    return [];
  };
  const distribution = new FeedDistribution({
    keeper: { feeds, onPublished: (listener) => (published = listener) },
    custody: {
      heads: () => Promise.resolve([{ origin: log.origin, logVkey: log.signer.vkey }]),
    } as never,
    signerOf: () => undefined as never,
    clock: { wallMs: () => nowMs, monotonicMs: () => nowMs },
    schedule: (callback) => {
      sweep = callback;
      return () => undefined;
    },
    random: () => 0,
    send: () => undefined,
    snapshots: undefined as never,
    recovery: { asked: () => undefined, take: () => undefined },
    log: { warn: () => undefined },
  });
  const { origin } = log;
  const control = { type: 'control', origin, round: 0, action: 'feeds', evidence: '' } as const;
  const place = { chain: 'acme', store: 's1', gateway: 'g1' };
  const topic = formatHqTopic({ ...place, direction: 'up', type: 'control' });
  t.ok(distribution.take(topic, encodeMessage(control)));
  await distribution.settled();
  nowMs = 5 * 60_000;
  sweep();
  asked.length = 0;
  published('hq.example.com/acme/s1/hq/e1-0a1b2c3d', 2);
  await distribution.settled();
  t.strictSame(asked, ['feeds'], 'it is offered what is new');
  nowMs = 60 * 60_000;
  sweep();
  asked.length = 0;
  published('hq.example.com/acme/s1/hq/e1-0a1b2c3d', 3);
  await distribution.settled();
  t.strictSame(asked, [], 'one that is silent for long is forgotten');
  await distribution.close();
});
