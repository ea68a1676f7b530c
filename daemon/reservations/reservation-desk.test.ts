/**
 * Goal: what is promised is there, the same request again is the same reservation, and every request
 * gets an answer with a code. Method: the desk before a ledger in memory that was given a grant.
 */
import { setImmediate as turn } from 'node:timers/promises';
import t from 'tap';
import { TillgateError } from '../../protocol/errors.ts';
import { stockPool } from '../../protocol/rights/pool.ts';
import type { RightsAnswer, RightsCommand } from '../ledger/commands.ts';
import { FakeClock, newCore, uuid } from '../ledger/ledger-fixtures.ts';
import { MemoryStore } from '../ledger/memory-store.ts';
import { ReservationDesk } from './reservation-desk.ts';

const STORE = 's0417';

interface Answer {
  reservationId: string | null;
  state: string;
  quantity?: { value: number; scale: number };
  left: { value: number; scale: number } | null;
  error?: { code: string; path?: string; retryAfterMs?: number };
}

/** A desk of a store that may promise ten units of item A. */
function lab() {
  const clock = new FakeClock();
  const core = newCore(new MemoryStore(), clock);
  const answers: Answer[] = [];
  const events: string[] = [];
  let failing: TillgateError | undefined;
  const rights = async (command: RightsCommand): Promise<RightsAnswer> => {
    await turn();
    if (failing !== undefined) throw failing;
    const [outcome] = core.run([command]);
    events.push(command.change.type);
    if (outcome === undefined || !('text' in outcome)) throw new TillgateError('INTERNAL', 'none');
    return JSON.parse(outcome.text) as RightsAnswer;
  };
  const grant = { grantId: 'g1', holder: 'g1', pool: stockPool(STORE, 'A'), amount: 10_000 };
  core.run([{ type: 'rights', change: { type: 'grant', grant } }]);
  const desk = new ReservationDesk({
    ...{ clock, store: STORE, rights, log: { warn: () => undefined } },
    known: (reservationId) => core.view.rights.reservation(reservationId),
    publish: (_deviceId, answer) => answers.push(JSON.parse(answer) as Answer),
  });
  const ask = async (members: object): Promise<Answer | undefined> => {
    desk.take('tablet', Buffer.from(JSON.stringify(members)));
    for (let turns = 0; turns < 10; turns += 1) await turn();
    return answers.pop();
  };
  const fail = (error: TillgateError | undefined): void => {
    failing = error;
  };
  return { core, desk, ask, answers, events, fail };
}

function hold(name: string, value: number, more: object = {}): object {
  const reservationId = uuid(name);
  return { reservationId, operation: 'hold', itemId: 'A', quantity: { value, scale: 0 }, ...more };
}

const after = (name: string, operation: string): object => ({
  ...{ reservationId: uuid(name), operation },
});

void t.test('goods are held as long as there are rights, and headquarters is asked', async (t) => {
  const { ask, core, events } = lab();
  t.match(await ask(hold('a', 4)), {
    ...{ reservationId: uuid('a'), state: 'held', itemId: 'A' },
    ...{ quantity: { value: 4, scale: 0 }, left: { value: 6, scale: 0 } },
  });
  const { size } = core.tip();
  t.match(await ask(hold('a', 4)), { state: 'held', left: { value: 6 } }, 'the same again');
  t.equal(core.tip().size, size, 'writes nothing');
  t.match(await ask(hold('b', 7)), {
    ...{ state: 'refused', left: { value: 6 }, error: { code: 'RIGHTS_LACKING' } },
  });
  t.equal(events.at(-1), 'request');
  t.match(await ask(hold('c', 6)), { state: 'held', left: { value: 0 } });
  t.match(await ask(after('a', 'release')), { state: 'released', left: { value: 4 } });
  t.match(await ask(after('a', 'release')), { state: 'released' });
  t.match(await ask(after('c', 'collect')), { state: 'collected', left: { value: 4 } });
  t.match(await ask(after('c', 'release')), { error: { code: 'RESERVATION_SETTLED' } });
  t.match(await ask(after('never', 'collect')), { error: { code: 'RESERVATION_UNKNOWN' } });
});

void t.test('other content under an id is refused', async (t) => {
  const { ask } = lab();
  await ask(hold('a', 4, { until: '2010-12-01T10:00:00Z' }));
  for (const other of [
    hold('a', 5, { until: '2010-12-01T10:00:00Z' }),
    hold('a', 4),
    hold('a', 4, { until: '2010-12-01T11:00:00Z' }),
    hold('a', 4, { itemId: 'B', until: '2010-12-01T10:00:00Z' }),
    { ...after('a', 'collect'), itemId: 'B' },
    { ...after('a', 'release'), quantity: { value: 3, scale: 0 } },
  ]) {
    t.match(await ask(other), { state: 'refused', error: { code: 'RESERVATION_CONFLICT' } });
  }
  t.match(await ask(after('a', 'collect')), { state: 'collected', until: '2010-12-01T10:00:00Z' });
});

void t.test('what nobody came for is let go once', async (t) => {
  const { ask, core, desk } = lab();
  await ask(hold('a', 4, { until: '2010-12-01T10:00:00Z' }));
  const { size } = core.tip();
  desk.expired([uuid('a')]);
  desk.expired([uuid('a')]);
  t.match(await ask(after('a', 'collect')), { error: { code: 'RESERVATION_SETTLED' } });
  t.equal(core.tip().size, size + 1);
});

void t.test('what is no request is refused with its place', async (t) => {
  const { ask } = lab();
  for (const [path, wrong] of [
    ['', 7],
    ['', { ...hold('a', 1), reservationId: undefined }],
    ['/reservationId', { ...hold('a', 1), reservationId: 'A' }],
    ['/operation', { ...hold('a', 1), operation: 'steal' }],
    ['/itemId', hold('a', 1, { itemId: 'a b' })],
    ['/itemId', hold('a', 1, { itemId: undefined })],
    ['/quantity', hold('a', 1, { quantity: undefined })],
    ['/quantity', hold('a', 1, { quantity: { value: 1, scale: 4 } })],
    ['/quantity/value', hold('a', 0)],
    ['/until', hold('a', 1, { until: 'noon' })],
    ['/until', { ...after('a', 'collect'), until: '2010-12-01T10:00:00Z' }],
  ] as const) {
    const answer = await ask(wrong as object);
    t.match(answer, { state: 'refused', error: { code: 'RESERVATION_INVALID', path } }, path);
  }
  t.match(await ask(hold('a', 1, { quantity: { value: 500, scale: 3 } })), { state: 'held' });
  t.match(await ask(hold('long', 1, { itemId: 'x'.repeat(5_000) })), {
    ...{ reservationId: null, error: { code: 'RESERVATION_INVALID' } },
  });
});

void t.test('what cannot be decided now may be asked again', async (t) => {
  const { ask, desk, answers, fail } = lab();
  fail(new TillgateError('LEDGER_BUSY', 'on purpose', { retryable: true }));
  t.match(await ask(hold('a', 1)), { error: { code: 'LEDGER_BUSY', retryAfterMs: 1_000 } });
  fail(undefined);
  const payload = Buffer.from(JSON.stringify(hold('a', 1)));
  for (let number = 0; number < 1_000; number += 1) desk.take('tablet', payload);
  for (let turns = 0; turns < 600; turns += 1) await turn();
  const busy = answers.filter(({ error }) => error?.code === 'RESERVATION_BUSY');
  t.ok(busy.length > 0 && busy.length <= 250, 'a flood of requests is no flood of answers');
});
