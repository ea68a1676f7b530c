/**
 * What answers at headquarters' address is broken or hostile: the store sells on, believes nothing
 * that no pinned key signed, says what is wrong, and streams its log as soon as the real one is back.
 */
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { dirname, join } from 'node:path';
import { Aedes } from 'aedes';
import t from 'tap';
import type { Test } from 'tap';
import { encodeMessage } from '../../protocol/replication/messages.ts';
import type { HeadMessage } from '../../protocol/replication/messages.ts';
import { parseHqTopic, formatHqTopic } from '../../protocol/replication/hq-topics.ts';
import { must } from '../../protocol/must.ts';
import { expectAllAtHq, expectTotals, sellCash, settled } from '../support/chain-under-test.ts';
import { HeadquartersUnderTest } from '../support/headquarters-process.ts';
import { TillUnderTest } from '../support/till-under-test.ts';
import { GatewayUnderTest } from '../support/tillgate-process.ts';
import { ownFolder } from '../support/own-folder.ts';

t.setTimeout(240_000);

/** Answers whatever a gateway sends with everything that a head must not be. */
class GarbageHeadquarters {
  received = 0;
  readonly #server: Server;
  readonly #broker: Aedes;

  private constructor(server: Server, broker: Aedes) {
    this.#server = server;
    this.#broker = broker;
  }

  static async open(): Promise<GarbageHeadquarters> {
    const broker = await Aedes.createBroker();
    const server = createServer((socket) => {
      broker.handle(socket);
    });
    const garbage = new GarbageHeadquarters(server, broker);
    broker.on('publish', ({ topic, payload }) => garbage.#answer(topic, Buffer.from(payload)));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return garbage;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.#broker.close(resolve));
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  #answer(topic: string, payload: Buffer): void {
    const asked = parseHqTopic(topic);
    if (asked?.direction !== 'up') return;
    this.received += 1;
    const down = formatHqTopic({ ...asked, direction: 'down', type: 'head' });
    for (const bytes of [...noise(), ...lies(payload)]) {
      const packet = { topic: down, payload: Buffer.from(bytes), qos: 0, retain: false } as const;
      this.#broker.publish({ cmd: 'publish', dup: false, ...packet }, () => undefined);
    }
  }
}

function noise(): Uint8Array[] {
  return [
    randomBytes(200),
    Buffer.alloc(0),
    Buffer.from('{}\n'),
    Buffer.from(`{"v":1,"type":"head"}\n`),
    Buffer.alloc(2 * 1024 * 1024, 0x41),
  ];
}

/** Well-formed heads of the log that asked, in the round it asked in, signed by nobody or nonsense. */
function lies(question: Buffer): Uint8Array[] {
  const header = JSON.parse(must(question.toString('latin1').split('\n')[0], 'a line')) as {
    origin: string;
    round: number;
  };
  const { origin, round } = header;
  const head = (size: number, note: string, more: Partial<HeadMessage> = {}): Uint8Array =>
    encodeMessage({ type: 'head', origin, round, size, incarnation: 'x', note, ...more });
  const text = `${origin}\n1000000\n${randomBytes(32).toString('base64')}\n`;
  const line = `— hq.example.com/durable ${randomBytes(76).toString('base64')}\n`;
  return [
    head(1_000_000, `${text}\n${line}`),
    head(0, '', { reason: 'fork' }),
    head(0, '', { reason: 'a-reason-of-the-future' }),
    encodeMessage({ type: 'control', origin, round, action: 'forked', evidence: text }),
    encodeMessage({ type: 'control', origin, round, action: 'self-destruct', evidence: '' }),
    question,
  ];
}

async function joinedStore(t: Test, hq: HeadquartersUnderTest, hqUrl: string) {
  const folder = dirname(hq.home);
  const gateway = new GatewayUnderTest(folder);
  t.teardown(() => gateway.stop('SIGKILL'));
  await gateway.init();
  const credential = await gateway.addDevice('till-1');
  const { mqtt } = await gateway.start();
  const key = (await gateway.ok('log', 'key')).trim();
  const file = join(folder, 'enrolment.json');
  writeFileSync(file, await hq.ok('store', 'add', '--verifier-key', key, '--hq-url', hqUrl));
  await gateway.ok('hq', 'join', file);
  const till = await TillUnderTest.connect(mqtt, credential);
  t.teardown(() => till.end());
  return { gateway, till };
}

void t.test('a store believes nothing that headquarters did not sign', async (t) => {
  const hq = new HeadquartersUnderTest(ownFolder(t));
  t.teardown(() => hq.stop('SIGKILL'));
  await hq.ok('init');
  const garbage = await GarbageHeadquarters.open();
  const { port } = garbage;
  const { gateway, till } = await joinedStore(t, hq, `mqtt://127.0.0.1:${port}`);
  const { origin } = await gateway.status();
  let sumMinor = await sellCash(till, { from: 1, to: 30 });
  const status = await settled(
    () => gateway.status(),
    ({ uplink }) => uplink.problem !== null && garbage.received > 2,
  );
  t.equal(status.origin, origin, 'no new epoch for what nobody signed');
  t.equal(status.uplink.head, null);
  t.match(status.uplink.problem, /refused/);
  t.ok(Object.keys(status.uplink.refused).length >= 2, 'each kind of refusal is counted');
  t.match(await gateway.ok('status'), /refused/);
  t.equal(status.entriesOnlyHere, status.log.size, 'nothing counts as safe at headquarters');
  sumMinor += await sellCash(till, { from: 31, to: 40 });

  await garbage.close();
  await hq.start(port);
  sumMinor += await sellCash(till, { from: 41, to: 50 });
  await expectAllAtHq(t, gateway);
  await expectTotals(t, hq, { sales: 50, sumMinor });
  t.match(await gateway.status(), { origin, uplink: { problem: null } });
});
