/**
 * Goal: a till spends points and a coupon's code where this gateway has the right to, and learns the
 * verdict in its result; the rights come from headquarters, stand over a kill, and go back when they
 * are recalled. A real headquarters, a real gateway and a till over MQTT.
 */
import { join } from 'node:path';
import mqtt from 'mqtt';
import t from 'tap';
import type { Test } from 'tap';
import {
  askGateway,
  initialiseHomes,
  joinHq,
  mqttOf,
  startGateway,
  startHq,
} from '../support/chain-processes.ts';
import type { ChainHomes } from '../support/chain-processes.ts';
import { publishAtHome } from '../support/rights-in-feeds.ts';
import { grantEntries } from '../support/grant-entries.ts';
import { spendingSale } from '../support/rights-till.ts';
import { TillUnderTest } from '../support/till-under-test.ts';
import type { Credential } from '../support/till-under-test.ts';
import { ownFolder } from '../support/own-folder.ts';
import { until } from '../support/until.ts';

t.setTimeout(120_000);

const NUMBER = 93;
const POOL = 'points:m-1';
const STORE = { chain: 'acme', store: 's0417' };
const COUPON = { couponId: 'once', names: { en: 'Once' }, rate: { value: 10, scale: 2 } };
const GRANT = { grantId: 'grant-1', holder: 'g1', pool: POOL, amount: 100 };

interface Found {
  state: string;
  result?: { points?: { spendableHere: number }; here?: { usable: boolean; reason?: string } };
}

class Counter {
  readonly till: TillUnderTest;
  readonly #ask: (question: object) => Promise<Found>;

  private constructor(till: TillUnderTest, ask: (question: object) => Promise<Found>) {
    this.till = till;
    this.#ask = ask;
  }

  static async open(
    t: Test,
    at: { host: string; port: number },
    who: Credential,
  ): Promise<Counter> {
    const till = await TillUnderTest.connect(at, who);
    const client = await mqtt.connectAsync({ ...who, ...at, protocolVersion: 4 });
    t.teardown(() => Promise.all([till.end(), client.endAsync(true)]));
    await client.subscribeAsync(`queries/${who.username}/response`);
    const ask = (question: object): Promise<Found> => {
      const payload = JSON.stringify({ queryId: 'q', ...question });
      client.publish(`queries/${who.username}/request`, payload, { qos: 1 });
      return new Promise((resolve) => {
        client.once('message', (_topic, answer) => resolve(JSON.parse(answer.toString()) as Found));
      });
    };
    return new Counter(till, ask);
  }

  async points(): Promise<number | undefined> {
    const answer = await this.#ask({ query: 'member', id: 'm-1' });
    return answer.result?.points?.spendableHere;
  }

  async coupon(code: string): Promise<object | undefined> {
    return (await this.#ask({ query: 'coupon', id: 'once', code })).result?.here;
  }

  /** Sells for 10.00, of which `points` pay a penny each. */
  sell(number: number, { points = 0, code }: { points?: number; code?: string }) {
    const coupon = code === undefined ? {} : { coupon: { couponId: 'once', couponCode: code } };
    return this.till.submit(spendingSale(number, { points, pointsEarned: 5, ...coupon }));
  }
}

async function addTill(homes: ChainHomes): Promise<Credential> {
  const added = await askGateway(homes.gateway, (control) =>
    control.call('device.add', { deviceId: 'till-1', role: 'till' }),
  );
  if (added === undefined) throw new TypeError('the gateway does not answer');
  return added;
}

/** What the log says was given back. */
const returnedIn = (home: string): unknown[] =>
  grantEntries(home).flatMap(({ event, amount }) => (event === 'returned' ? [amount] : []));

void t.test('rights come, are spent, stand over a kill, and go back', async (t) => {
  const folder = ownFolder(t);
  const homes = { gateway: join(folder, 'gateway'), hq: join(folder, 'hq') };
  await initialiseHomes(homes, NUMBER);
  await publishAtHome(homes.hq, { chain: 'acme' }, [
    ['member', { memberId: 'm-1' }],
    ['coupon', { ...COUPON, singleUse: true, withoutGrant: 1 }],
  ]);
  await publishAtHome(homes.hq, STORE, [['grant', GRANT]]);
  let hq = startHq(homes.hq);
  let gateway = startGateway(homes.gateway);
  t.teardown(() => Promise.all([hq.end(), gateway.end()]));
  const at = mqttOf((await gateway.ready()) ?? {});
  const who = await addTill(homes);
  let counter = await Counter.open(t, at, who);
  t.match(await counter.sell(1, { points: 60 }), {
    outcome: 'rejected',
    errors: [{ code: 'RIGHTS_LACKING', path: '/tenders/1/points', expected: 0, got: 60 }],
  });
  await hq.ready();
  await joinHq(homes);
  t.ok(await until(async () => (await counter.points()) === 100), 'the grant is here');
  const accepted = await counter.sell(1, { points: 60 });
  t.match(accepted, {
    outcome: 'accepted',
    rights: {
      debits: [{ pool: POOL, amount: 60, by: 'grant', left: 40 }],
      credits: [{ pool: POOL, amount: 5 }],
    },
  });
  t.same(await counter.coupon('A'), { usable: true, by: 'policy' });
  t.match(await counter.sell(2, { code: 'A' }), { rights: { debits: [{ by: 'policy' }] } });
  t.same(await counter.coupon('A'), { usable: false, reason: 'COUPON_USED' });
  t.match(await counter.sell(3, { code: 'B' }), { errors: [{ code: 'RIGHTS_LACKING' }] });
  t.match(await counter.sell(4, { points: 51 }), { errors: [{ expected: 50 }] });

  await Promise.all([gateway.end('SIGKILL'), hq.end()]);
  await publishAtHome(homes.hq, STORE, [['grant', { ...GRANT, recall: true }]]);
  hq = startHq(homes.hq);
  await hq.ready();
  gateway = startGateway(homes.gateway);
  counter = await Counter.open(t, mqttOf((await gateway.ready()) ?? {}), who);
  t.strictSame(await counter.sell(1, { points: 60 }), accepted, 'the same answer after a kill');
  t.ok(await until(async () => (await counter.points()) === 0), 'what is left went back');
  const status = await askGateway(homes.gateway, (control) => control.call('status', {}));
  t.match(status, { rights: { frozen: null, requested: [{ kind: 'points' }, {}] } });
  t.strictSame(returnedIn(homes.gateway), [40, 10], 'what stood there before the kill');
});
