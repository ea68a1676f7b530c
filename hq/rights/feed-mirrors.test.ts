import t from 'tap';
import { FeedMirrors } from './feed-mirrors.ts';
import type { Holding } from './feed-mirrors.ts';

const FEED = 'hq.example.com/acme/hq/hq/e1-0a1b2c3d';

void t.test('a promise waits until a gateway holds what it is made from', async (t) => {
  const held: Holding[] = [{ origin: FEED, size: 4 }];
  let waits = 0;
  const mirrors = new FeedMirrors({
    headOf: () => ({ origin: FEED, size: 5 }),
    waitMs: 200,
    schedule: (callback) => {
      waits += 1;
      if (waits === 3) held.push({ origin: FEED, size: 5 });
      setImmediate(callback);
      return () => undefined;
    },
  });
  await t.rejects(mirrors.confirm('acme'), { code: 'RIGHTS_NOT_MIRRORED', retryable: true });
  t.ok(waits > 3 && waits < 20, 'for a bounded time');
  waits = 0;
  held.length = 1;
  mirrors.follow(() => held);
  await mirrors.confirm('acme');
  t.equal(waits, 3);
  held.splice(0, held.length, { origin: `${FEED}0`, size: 9 });
  await t.rejects(mirrors.confirm('acme'), { code: 'RIGHTS_NOT_MIRRORED' }, 'of another life');
});

void t.test('nothing is waited for where nothing could be lost, or nobody wants it', async (t) => {
  const schedule = (): never => t.fail('it does not wait') as never;
  await new FeedMirrors({ headOf: () => undefined, waitMs: 200, schedule }).confirm('acme');
  const headOf = (): Holding => ({ origin: FEED, size: 5 });
  await new FeedMirrors({ headOf, waitMs: 0, schedule }).confirm('acme');
});
