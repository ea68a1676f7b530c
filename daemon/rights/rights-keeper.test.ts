/**
 * Goal: what the feeds say of rights is in the ledger once, whatever comes twice or fails, and not
 * before the log is known to be whole; rights freeze and thaw when they have to. Method: the real
 * ledger in memory, and feeds that a test writes down as documents.
 */
import t from 'tap';
import { systemSchedule } from '../../platform/schedule.ts';
import type { FeedInForce, FoundDocument } from '../../platform/feeds/feed-reader.ts';
import type { Alarm } from '../../platform/alarms.ts';
import { TillgateError } from '../../protocol/errors.ts';
import { must } from '../../protocol/must.ts';
import { pointsPool } from '../../protocol/rights/pool.ts';
import { spendable } from '../../protocol/rights/spend-rights.ts';
import type { RightsAnswer, RightsCommand } from '../ledger/commands.ts';
import { newCore, ORIGIN } from '../ledger/ledger-fixtures.ts';
import { MemoryStore } from '../ledger/memory-store.ts';
import { FrostKeeper } from './frost-keeper.ts';
import { RightsKeeper } from './rights-keeper.ts';
import type { OpenFeeds } from './rights-keeper.ts';

const POOL = pointsPool('m-1');
const grant = (grantId: string, more: object = {}) => ({
  ...{ grantId, holder: 'g1', pool: POOL, amount: 10, ...more },
});

/** Documents by feed and collection; each put is an entry of its feed. */
class Feeds {
  readonly #rows: (FoundDocument & { collection: string })[] = [];
  readonly #sizes = { chain: 1, store: 1 };
  opened = 0;

  put(
    [scope, collection]: readonly ['chain' | 'store', 'grant' | 'coupon'],
    id: string,
    document?: object,
  ): void {
    const at = this.#rows.findIndex(
      (row) => row.scope === scope && row.collection === collection && row.id === id,
    );
    if (at >= 0) this.#rows.splice(at, 1);
    const entry = this.#sizes[scope]++;
    if (document === undefined) return;
    this.#rows.push({ scope, collection, id, entry, body: JSON.stringify(document) });
    this.#rows.sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  open(): OpenFeeds {
    this.opened += 1;
    const feeds = (['store', 'chain'] as const).map((scope, generation) => ({
      ...{ scope, generation, origin: scope, size: this.#sizes[scope] },
    }));
    const of = (feed: FeedInForce, collection: string) =>
      this.#rows.filter((row) => row.scope === feed.scope && row.collection === collection);
    return {
      feeds: () => feeds,
      page: (feed, { collection, after, limit }) =>
        of(feed, collection)
          .filter(({ id }) => id > after)
          .slice(0, limit),
      document: (some, collection, id) =>
        some.flatMap((feed) => of(feed, collection)).find((row) => row.id === id),
      close: () => undefined,
    };
  }
}

function fixture() {
  const core = newCore(new MemoryStore());
  const feeds = new Feeds();
  const stopping = new AbortController();
  const troubles: unknown[] = [];
  const place = { isAcknowledged: true, failure: undefined as TillgateError | undefined };
  const ledger = {
    // eslint-disable-next-line @typescript-eslint/require-await -- a throw becomes a rejection
    rights: async (command: RightsCommand): Promise<RightsAnswer> => {
      const { failure } = place;
      place.failure = undefined;
      if (failure !== undefined) throw failure;
      const outcome = must(core.run([command])[0], 'one command gets one outcome');
      if (outcome instanceof TillgateError) throw outcome;
      return JSON.parse(outcome.text) as RightsAnswer;
    },
  };
  const keeper = new RightsKeeper({
    ...{ gateway: 'g1', ledger, rights: core.view.rights, signal: stopping.signal },
    openFeeds: () => feeds.open(),
    isAcknowledged: () => place.isAcknowledged,
    // Waits of the keeper are passed over.
    schedule: (callback) => systemSchedule(callback, 0),
    onTrouble: (error) => troubles.push(error),
  });
  const looked = async (): Promise<number> => {
    const { size } = core.tip();
    keeper.run();
    await keeper.settled();
    return core.tip().size - size;
  };
  return { core, feeds, keeper, ledger, looked, place, troubles, rights: core.view.rights };
}

void t.test('grants of this gateway and terms of coupons come once', async (t) => {
  const { feeds, looked, rights } = fixture();
  feeds.put(['store', 'grant'], 'a', grant('a'));
  feeds.put(['store', 'grant'], 'b', grant('b', { holder: 'g2' }));
  feeds.put(['store', 'grant'], 'c', grant('c', { recall: true }));
  feeds.put(['chain', 'grant'], 'd', grant('d'));
  feeds.put(['chain', 'coupon'], 'x', { couponId: 'x', cap: 5 });
  feeds.put(['store', 'coupon'], 'x', { couponId: 'x', singleUse: true });
  feeds.put(['chain', 'coupon'], 'y', { couponId: 'y', to: '2026-05-01T00:00:00Z' });
  t.equal(await looked(), 5, 'a and c, c again, two coupons');
  t.equal(spendable(POOL, rights), 10);
  t.strictSame(
    rights.terms('x'),
    { singleUse: true, withoutGrant: 0 },
    'the store before the chain',
  );
  t.strictSame(rights.terms('y'), { withoutGrant: 0, to: '2026-05-01T00:00:00Z' });
  t.equal(await looked(), 0);
  feeds.put(['store', 'grant'], 'a', grant('a', { recall: true }));
  feeds.put(['store', 'coupon'], 'x');
  feeds.put(['chain', 'coupon'], 'y');
  t.equal(await looked(), 3);
  t.equal(spendable(POOL, rights), 0);
  t.strictSame([rights.terms('x'), rights.terms('y')], [{ cap: 5, withoutGrant: 0 }, null]);
  t.equal(await looked(), 0);
});

void t.test('nothing is taken before the log is known to be whole', async (t) => {
  const { core, feeds, keeper, looked, place, rights } = fixture();
  feeds.put(['store', 'grant'], 'a', grant('a'));
  place.isAcknowledged = false;
  t.equal(await looked(), 0);
  t.ok(keeper.isWaiting);
  t.equal(feeds.opened, 0);
  place.isAcknowledged = true;
  core.openEpoch({
    origin: ORIGIN.replace('e1', 'e2-01234567'),
    reason: 'rolledBack',
    members: {},
  });
  t.equal(await looked(), 0, 'and not while it is frozen');
  core.run([{ type: 'rights', change: { type: 'thaw', reason: 'recovered' } }]);
  t.ok(keeper.isWaiting);
  t.equal(await looked(), 1);
  t.equal(spendable(POOL, rights), 10);
});

void t.test(
  'a busy ledger is asked again, another failure is told and looked at again',
  async (t) => {
    const { feeds, looked, place, troubles } = fixture();
    feeds.put(['store', 'grant'], 'a', grant('a'));
    place.failure = new TillgateError('LEDGER_BUSY', 'wait', { retryable: true });
    t.equal(await looked(), 1);
    feeds.put(['store', 'grant'], 'b', grant('b'));
    place.failure = new TillgateError('LEDGER_IO', 'gone');
    t.equal(await looked(), 0);
    t.match(troubles, [{ code: 'LEDGER_IO' }]);
    t.equal(await looked(), 1);
  },
);

void t.test('many documents are read by pages', async (t) => {
  const { feeds, looked } = fixture();
  for (let n = 0; n < 300; n += 1) feeds.put(['store', 'grant'], `g${n}`, grant(`g${n}`));
  t.equal(await looked(), 300);
});

void t.test(
  'rights thaw when nothing is missing, and freeze while a second copy may sell',
  async (t) => {
    const { core, ledger, rights } = fixture();
    const list = { awaited: [ORIGIN] };
    const alarms: Alarm[] = [];
    let came: string[] = [];
    let thawed = 0;
    const frost = new FrostKeeper({
      ...{ ledger, rights, list, alarms: { list: () => alarms } },
      fetchAgain: () => Promise.resolve(void list.awaited.push(...came)),
      onThawed: () => (thawed += 1),
      onTrouble: (error) => t.error(error),
    });
    await frost.look();
    t.equal(rights.state().frozen, null);
    core.openEpoch({ origin: ORIGIN.replace('e1', 'e2-01234567'), reason: 'fork', members: {} });
    await frost.look();
    t.equal(rights.state().frozen, 'fork', 'the log before is not back');
    list.awaited = [];
    const forked = { code: 'LOG_FORKED' } as unknown as Alarm;
    alarms.push(forked);
    await frost.look();
    t.equal(rights.state().frozen, 'fork', 'the other copy may be selling');
    alarms.pop();
    came = [ORIGIN];
    await frost.look();
    t.equal(rights.state().frozen, 'fork', 'it may have spent more since its log was fetched');
    list.awaited = [];
    await frost.look();
    t.strictSame([rights.state().frozen, thawed], [null, 1]);
    alarms.push(forked);
    await frost.look();
    t.equal(rights.state().frozen, 'secondCopy');
  },
);
