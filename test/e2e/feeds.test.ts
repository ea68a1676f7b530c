/**
 * Goal: what headquarters publishes is what a till gets to hear: a real headquarters, a real gateway
 * and a till over MQTT. Prices change while it listens; both sides are restarted; a wrong file changes
 * nothing, and what a newer release would publish is quarantined and shown while the rest goes on.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import mqtt from 'mqtt';
import type { MqttClient } from 'mqtt';
import t from 'tap';
import type { Test } from 'tap';
import { checkDigit } from '../../protocol/barcode/gtin.ts';
import {
  askGateway,
  initialiseHomes,
  joinHq,
  mqttOf,
  must,
  startGateway,
  startHq,
} from '../support/chain-processes.ts';
import type { ChainHomes } from '../support/chain-processes.ts';
import { cashSale, saleId, TillUnderTest } from '../support/till-under-test.ts';
import type { Credential } from '../support/till-under-test.ts';
import { tillgate } from '../support/tillgate-process.ts';
import { ownFolder } from '../support/own-folder.ts';
import { until as waitFor } from '../support/until.ts';

t.setTimeout(240_000);

/** Tells the addresses of this suite from those of others. */
const NUMBER = 91;

interface QueryAnswer {
  queryId: string;
  state: string;
  result?: { item?: object; price?: { amount: { value: number } }; [member: string]: unknown };
  error?: { code: string };
  feeds: { origin: string; size: number; ageSeconds: number | null }[];
}

/** A till that asks and listens. */
class AskingTill {
  readonly news: { collection: string; type: string; id?: string; document?: object }[] = [];
  readonly #client: MqttClient;
  readonly #deviceId: string;
  readonly #waiting = new Map<string, (answer: QueryAnswer) => void>();
  #next = 1;

  private constructor(client: MqttClient, deviceId: string) {
    this.#client = client;
    this.#deviceId = deviceId;
    client.on('message', (topic, payload) => {
      const body = JSON.parse(payload.toString()) as QueryAnswer & AskingTill['news'][number];
      if (topic.startsWith('feeds/')) this.news.push(body);
      else this.#waiting.get(body.queryId)?.(body);
    });
  }

  static async connect(at: { host: string; port: number }, who: Credential): Promise<AskingTill> {
    const client = await mqtt.connectAsync({ ...who, ...at, protocolVersion: 4 });
    await client.subscribeAsync([`queries/${who.username}/response`, 'feeds/#'], { qos: 1 });
    return new AskingTill(client, who.username);
  }

  ask(question: object): Promise<QueryAnswer> {
    const queryId = `q${this.#next++}`;
    const answered = new Promise<QueryAnswer>((resolve) => this.#waiting.set(queryId, resolve));
    const payload = JSON.stringify({ queryId, ...question });
    this.#client.publish(`queries/${this.#deviceId}/request`, payload, { qos: 1 });
    return answered;
  }

  async priceOf(code: string): Promise<number | undefined> {
    return (await this.ask({ query: 'price', code })).result?.price?.amount.value;
  }

  end(): Promise<void> {
    return this.#client.endAsync(true);
  }
}

function file(t: Test, name: string, lines: readonly string[]): string {
  const path = join(t.testdirName, name);
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
}

const ITEMS = [
  'itemId,name:en,name:de,gtins,codes,taxCode,unit,labelPrefix,labelHolds,labelDigits,labelScale',
  '4711,Milk,Milch,4006381333931,77,V,EA,,,,',
  '4712,Cheese,Käse,,,V,KGM,2100123,price,5,2',
];
const PRICES = ['itemId,currency,amount,zone,store', '4711,GBP,1.29,,', '4711,GBP,1.19,north,'];

async function publish<T>(homes: ChainHomes, ...words: string[]): Promise<T> {
  const answer = await must(['hq', 'feed', 'publish', ...words, '--json', '--home', homes.hq]);
  return JSON.parse(answer) as T;
}

async function publishFirst(t: Test, homes: ChainHomes): Promise<void> {
  const files = [
    file(t, 'item.csv', ITEMS),
    file(t, 'price.csv', PRICES),
    file(t, 'tax.csv', ['taxCode,rate,included', 'V,0.20,true']),
    file(t, 'member.csv', ['memberId,name,levelId,cards,points', 'm1,Ada,gold,9001,120']),
    file(t, 'level.csv', ['levelId,name:en', 'gold,Gold']),
    file(t, 'coupon.csv', [
      'couponId,name:en,codes,rate,to',
      'c1,Ten off,TEN,0.10,2020-01-01T00:00:00Z',
    ]),
  ];
  const report = await publish<object>(homes, ...files);
  t.match(report, { isPublished: true, changed: 8, unchanged: 0, feed: { size: 2 } });
  const again = await publish<object>(homes, ...files);
  t.match(again, { isPublished: false, changed: 0, unchanged: 8, feed: { size: 2 } });
}

async function expectAnswers(t: Test, till: AskingTill): Promise<void> {
  t.ok(
    await waitFor(async () => (await till.priceOf('4006381333931')) === 129),
    'the price is here',
  );
  t.match(await till.ask({ query: 'price', code: `(01)04006381333931(10)L1` }), {
    state: 'found',
    result: { item: { itemId: '4711', names: { de: 'Milch' } }, tax: { rate: { value: 20 } } },
    feeds: [{ size: 2, ageSeconds: Number }],
  });
  t.match(await till.ask({ query: 'item', code: `210012300499${checkDigit('210012300499')}` }), {
    result: { item: { itemId: '4712' }, price: { value: 499, scale: 2 } },
  });
  t.match(await till.ask({ query: 'price', id: '4712' }), {
    state: 'unknown',
    error: { code: 'QUERY_NO_PRICE' },
    result: { item: { itemId: '4712' } },
  });
  t.match(await till.ask({ query: 'member', code: '9001' }), {
    result: { member: { memberId: 'm1', points: 120 }, level: { names: { en: 'Gold' } } },
  });
  t.match(await till.ask({ query: 'coupon', code: 'TEN' }), { result: { time: 'over' } });
  t.match(await till.ask({ query: 'item', code: 'nothing' }), {
    error: { code: 'QUERY_NOT_FOUND' },
  });
  t.match(await till.ask({ query: 'weather', id: 'x' }), { error: { code: 'QUERY_UNKNOWN' } });
  t.match(await till.ask({ query: 'price' }), {
    state: 'refused',
    error: { code: 'QUERY_INVALID' },
  });
}

async function expectChange(t: Test, homes: ChainHomes, till: AskingTill): Promise<void> {
  till.news.length = 0;
  const changed = file(t, 'price-new.csv', ['itemId,currency,amount', '4711,GBP,1.35']);
  await publish(homes, changed);
  const publishedAt = performance.now();
  t.ok(await waitFor(() => till.news.length > 0));
  // The command ends up to a tenth of a second after headquarters published.
  t.ok(performance.now() - publishedAt < 1_000, 'the till heard of it within a second');
  t.match(till.news, [
    {
      ...{ type: 'changed', collection: 'price', op: 'put', id: '4711/GBP//' },
      document: { amount: { value: 135, scale: 2 } },
      feed: { scope: 'chain', size: 3 },
    },
  ]);
  t.equal(await till.priceOf('77'), 135);
  // The store's own feed stands before the chain's, and its zone before the chain.
  await publish(homes, file(t, 'store.csv', ['storeId,zones', 's0417,north']));
  t.ok(await waitFor(async () => (await till.priceOf('77')) === 119), 'the price of the zone');
  const own = file(t, 'price-own.csv', ['itemId,currency,amount', '4711,GBP,0.99']);
  await publish(homes, own, '--store', 's0417');
  t.ok(await waitFor(async () => (await till.priceOf('77')) === 99), "the store's own price");
}

async function expectRefusals(t: Test, homes: ChainHomes): Promise<void> {
  const wrong = file(t, 'item-wrong.csv', [
    'itemId,name:en,gtins,codes',
    '5000,Good,,',
    '5001,Digit,4006381333932,',
    '5002,Twin,,77',
  ]);
  const refused = await tillgate(['hq', 'feed', 'publish', wrong, '--json', '--home', homes.hq]);
  t.equal(refused.exitCode, 1);
  t.match(JSON.parse(refused.stdout), {
    isPublished: false,
    problems: [{ line: 3, code: 'FEED_DOCUMENT_INVALID', path: '/document/gtins/0' }],
  });
  const twin = file(t, 'item-twin.csv', ['itemId,name:en,codes', '5000,Good,', '5002,Twin,77']);
  const taken = await tillgate(['hq', 'feed', 'publish', twin, '--home', homes.hq]);
  t.match(taken.stdout, /item-twin\.csv:3: FEED_CODE_TAKEN.*77 is the code of 4711/);
}

async function expectStatus(t: Test, homes: ChainHomes): Promise<void> {
  const status = await askGateway(homes.gateway, (control) => control.call('status', {}));
  t.match(status, {
    feeds: {
      feeds: [
        { scope: 'chain', size: 4, documents: { item: 2, price: 2 }, quarantined: 0, waiting: 0 },
        { scope: 'store', documents: { price: 1 } },
      ],
      coming: [],
      problem: null,
    },
  });
  const shown = await must(['hq', 'feed', 'show', '--home', homes.hq]);
  t.match(shown, /acme\/hq\/hq\/e1-[0-9a-f]{8} +4 /, 'nothing of the wrong files was written');
}

/** A manager's price stands before headquarters', is told to tills and to headquarters, and ends. */
async function expectOverride(t: Test, homes: ChainHomes, till: AskingTill): Promise<void> {
  till.news.length = 0;
  const until = new Date(Date.now() + 3_600_000).toISOString();
  const words = ['price', 'set', '4711', '0.79', '--until', until, '--manager', 'op-7'];
  await must([...words, '--home', homes.gateway]);
  t.match(await till.ask({ query: 'price', code: '77' }), {
    result: {
      ...{ price: { amount: { value: 79 } }, unitPrice: { value: 79, scale: 2 } },
      override: { managerId: 'op-7', until, published: { amount: { value: 99 } } },
    },
  });
  t.match(till.news, [{ collection: 'price', id: '4711/GBP/s:s0417/override' }]);
  const dearer = file(t, 'price-dearer.csv', ['itemId,currency,amount', '4711,GBP,0.98']);
  await publish(homes, dearer, '--store', 's0417');
  const conflicts = async (home: string): Promise<string> =>
    must(['conflict', 'list', '--json', '--home', home]);
  t.ok(await waitFor(async () => (await conflicts(homes.gateway)).includes('storeOverride:')));
  t.equal(await till.priceOf('77'), 79, 'what headquarters publishes waits');
  t.ok(await waitFor(async () => (await conflicts(homes.hq)).includes('storeOverride:')));
  const list = await must(['price', 'list', '--home', homes.gateway]);
  t.match(list, /4711 +0\.79 +GBP .* 0\.98 +op-7/);
  await must(['price', 'withdraw', '4711', '--manager', 'op-7', '--home', homes.gateway]);
  t.equal(await till.priceOf('77'), 98, 'and then counts');
}

async function addTill(homes: ChainHomes, deviceId: string): Promise<Credential> {
  const added = await askGateway(homes.gateway, (control) =>
    control.call('device.add', { deviceId, role: 'till' }),
  );
  if (added === undefined) throw new Error('the gateway does not answer');
  return added;
}

void t.test('headquarters publishes and a till gets to hear it', async (t) => {
  const folder = ownFolder(t);
  const homes = { gateway: join(folder, 'gateway'), hq: join(folder, 'hq') };
  await initialiseHomes(homes, NUMBER);
  let hq = startHq(homes.hq);
  let gateway = startGateway(homes.gateway);
  t.teardown(() => Promise.all([hq.end(), gateway.end()]));
  await hq.ready();
  const at = mqttOf((await gateway.ready()) ?? {});
  await joinHq(homes);
  const selling = await TillUnderTest.connect(at, await addTill(homes, 'till-1'));
  const credential = await addTill(homes, 'till-2');
  let till = await AskingTill.connect(at, credential);
  t.teardown(() => till.end());
  await publishFirst(t, homes);
  await expectAnswers(t, till);
  await expectChange(t, homes, till);
  await expectRefusals(t, homes);
  await expectStatus(t, homes);
  await expectOverride(t, homes, till);

  await selling.submit(cashSale(1, { totalMinor: 100 }));
  await selling.end();
  t.match(await till.ask({ query: 'transaction', id: saleId(1) }), {
    state: 'found',
    result: { transactionId: saleId(1), outcome: 'accepted', deviceId: 'till-1' },
  });

  await hq.end();
  t.equal(await till.priceOf('77'), 98, 'headquarters is away and prices stay');
  await till.end();
  await gateway.end();
  hq = startHq(homes.hq);
  gateway = startGateway(homes.gateway);
  const ready = await gateway.ready();
  till = await AskingTill.connect(mqttOf(ready ?? {}), credential);
  t.equal(await till.priceOf('77'), 98, 'and after restarts of both');
  await hq.ready();
  const later = file(t, 'price-later.csv', ['itemId,currency,amount', '4711,GBP,0.89']);
  await publish(homes, later, '--store', 's0417');
  t.ok(await waitFor(async () => (await till.priceOf('77')) === 89), 'changes go on');
});
