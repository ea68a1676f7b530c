/**
 * Goal: each conflict is written once and published to the stores of its sides, wherever a crash
 * falls; what a person says is said once. Method: a projection and a log in memory, with keepers that
 * end at every step and new ones that go on.
 */
import t from 'tap';
import { TillgateError } from '../../protocol/errors.ts';
import { ConflictBook } from '../../protocol/conflicts/conflict-book.ts';
import { readConflictEntry } from '../../protocol/conflicts/conflict-entry.ts';
import type { ConflictRecord } from '../../protocol/conflicts/conflict-record.ts';
import type { FeedChange } from '../../protocol/feed/change.ts';
import { checkChange } from '../../protocol/feed/change.ts';
import type { Json } from '../../protocol/json/json-value.ts';
import type { ProjectionCall } from '../projection/projection-call.ts';
import { ConflictDesk } from './conflict-desk.ts';
import type { ConflictDeskOptions } from './conflict-desk.ts';
import { ConflictKeeper } from './conflict-keeper.ts';

const HQ = 'hq.example.com/hq/hq/hq/e1-0a1b2c3d';

function conflict(rule: string, key: string): ConflictRecord {
  const side = (store: string) => ({ origin: `hq.example.com/acme/${store}/g1/e1`, index: 1 });
  const winner = rule === 'overdraft' ? null : 0;
  const sides = [side('s1'), side('s2')];
  return { conflictId: `${rule}:${key}`, rule, datum: 'coupon:c1/X1', sides, winner };
}

/** Headquarters without its disks; `fail` ends the process before that step. */
class World {
  readonly entries: Record<string, Json>[] = [];
  readonly published: { store: string; change: FeedChange }[] = [];
  readonly alarms = new Set<string>();
  suspects: ConflictRecord[] = [];
  /** Own entries that the tables hold. */
  projected = 0;
  fail: 'before' | 'after' | 'publish' | undefined;

  readonly ask = ((call: ProjectionCall) =>
    Promise.resolve(this.#answer(call))) as ConflictDeskOptions['ask'];

  keeper(): ConflictKeeper {
    return new ConflictKeeper({
      custody: {
        heads: () => Promise.resolve([{ origin: HQ, size: this.entries.length }] as never),
      },
      ownLog: { record: ({ members }) => this.#record(members) },
      feeds: {
        publish: (place, changes) => {
          if (this.fail === 'publish') throw new TillgateError('INTERNAL', 'killed');
          for (const change of changes) {
            const body = JSON.stringify(change);
            const store = place.store ?? '';
            const isThere = this.published.some(
              (one) => one.store === store && JSON.stringify(one.change) === body,
            );
            if (!isThere) this.published.push({ store, change });
          }
          return Promise.resolve({ problems: [] } as never);
        },
      },
      ask: this.ask,
      alarms: {
        raise: (code) => this.alarms.add(code).has(code),
        clear: (code) => (this.alarms.delete(code), []),
      },
      schedule: () => () => undefined,
      log: { warn: () => undefined },
    });
  }

  desk(): ConflictDesk {
    return new ConflictDesk({
      custody: { entry: () => Promise.resolve(undefined), blob: () => Promise.resolve(undefined) },
      ownLog: { record: ({ members }) => this.#record(members) },
      ask: this.ask,
    });
  }

  book(): ConflictBook {
    const book = new ConflictBook();
    this.entries.slice(0, this.projected).forEach((members, index) => {
      const said = readConflictEntry(members, { origin: HQ, index });
      const hlc = `${String(index).padStart(15, '0')}-00000`;
      const entry = { origin: HQ, index, hlc, recordedAt: '2026-05-01T09:00:00.000Z' };
      if (said !== undefined) book.add(said, entry);
    });
    return book;
  }

  #record(members: Readonly<Record<string, Json>>): Promise<{ origin: string; index: number }> {
    if (this.fail === 'before') throw new TillgateError('INTERNAL', 'killed');
    this.entries.push({ ...members });
    if (this.fail === 'after') throw new TillgateError('INTERNAL', 'killed');
    return Promise.resolve({ origin: HQ, index: this.entries.length - 1 });
  }

  #answer(call: ProjectionCall): unknown {
    const book = this.book();
    if (call.call === 'suspects') {
      const found = this.suspects.filter(({ conflictId }) => book.get(conflictId) === undefined);
      const place = { life: 'a', number: this.suspects.length };
      const ownLogs = [{ origin: HQ, size: this.projected }];
      return { place, ownLogs, found, entries: this.projected, isBehind: false };
    }
    const conflicts = book.all();
    const open = conflicts.filter(({ state }) => state === 'open').length;
    const wanted = call.call === 'conflicts' ? call.conflictId : undefined;
    return {
      conflicts: conflicts.filter((one) => wanted === undefined || one.conflictId === wanted),
      ...{ open, decided: conflicts.length - open },
    };
  }
}

void t.test('each is written once and told to its stores, wherever it is cut off', async (t) => {
  for (const fail of [undefined, 'before', 'after', 'publish'] as const) {
    const world = new World();
    world.suspects = [conflict('couponTwice', 'a'), conflict('overdraft', 'b')];
    world.fail = fail;
    const first = world.keeper();
    await first.look().catch(() => undefined);
    world.fail = undefined;
    const keeper = world.keeper();
    const behind = await keeper.look();
    if (fail === undefined || fail === 'publish') {
      t.equal(behind, false, 'it waits until the tables hold what was written');
    }
    for (let look = 0; look < 4; look++) {
      world.projected = world.entries.length;
      await keeper.look();
    }
    t.strictSame(
      world.entries.map(({ conflictId }) => conflictId).toSorted(),
      ['couponTwice:a', 'overdraft:b'],
      `cut off: ${fail ?? 'never'}`,
    );
    t.strictSame(world.published.map(({ store, change }) => `${store} ${change.id}`).toSorted(), [
      's1 couponTwice:a',
      's1 overdraft:b',
      's2 couponTwice:a',
      's2 overdraft:b',
    ]);
    for (const { change } of world.published) {
      const { op, collection } = change;
      const document = change.op === 'put' ? (change.document as Json) : null;
      t.ok(checkChange({ op, collection, document }).ok);
    }
    t.strictSame([...world.alarms], ['CONFLICT_OPEN']);
    t.strictSame(keeper.counts, { open: 1, decided: 1 });
    t.equal(await keeper.look(), true, 'nothing is left to do');
  }
});

void t.test('a person ends one, once, and the stores hear of it', async (t) => {
  const world = new World();
  world.suspects = [conflict('overdraft', 'b'), conflict('couponTwice', 'a')];
  const keeper = world.keeper();
  const desk = world.desk();
  const settle = async (): Promise<void> => {
    for (let look = 0; look < 3; look++) {
      await keeper.look();
      world.projected = world.entries.length;
    }
  };
  await settle();
  const said = { note: ' counted the shelf ', winner: 1 };
  await t.rejects(desk.resolve('overdraft:x', said), { code: 'CONFLICT_UNKNOWN' });
  await t.rejects(desk.resolve('overdraft:b', { ...said, winner: 2 }), { code: 'USAGE' });
  await t.rejects(desk.resolve('overdraft:b', { ...said, note: ' ' }), { code: 'USAGE' });
  await t.rejects(desk.resolve('couponTwice:a', said), { code: 'USAGE' }, 'its rule chose');
  await desk.resolve('overdraft:b', said);
  await settle();
  await t.rejects(desk.resolve('overdraft:b', said), { code: 'CONFLICT_DECIDED' });
  t.match(await desk.list(), { open: 0, decided: 2 });
  t.match(await desk.show('overdraft:b'), {
    ...{ state: 'decided', by: 'person', winner: 1, resolution: 'counted the shelf' },
    entries: [null, null],
  });
  t.strictSame([...world.alarms], []);
  const last = world.published.findLast(({ change }) => change.id === 'overdraft:b');
  t.match(last?.change, { document: { winner: 1, resolution: 'counted the shelf' } });
});
