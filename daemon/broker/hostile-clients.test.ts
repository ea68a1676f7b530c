/**
 * Goal: what a client does wrong, by accident or on purpose, costs that client only. Method: real
 * sockets that freeze, stall, babble or come by the hundred, beside a till that must notice nothing.
 */
import mqttPacket from 'mqtt-packet';
import t from 'tap';
import { DEFAULT_DEADLINES } from '../../platform/mqtt/connection-contract.ts';
import { RawClient, startStoreLab, until } from '../../test/support/store-lab.ts';
import type { StoreLab } from '../../test/support/store-lab.ts';

const SUBMIT = 'transactions/t1/submit';
const RESULT = 'transactions/t1/result';
const OVERFLOWING_BYTES = 64 * 1024;

/** Sells `count` times with two in flight and checks that each is answered. */
async function sell(lab: StoreLab, deviceId: string, count: number): Promise<void> {
  const till = await lab.mqtt(deviceId);
  let results = 0;
  till.on('message', () => void (results += 1));
  await till.subscribeAsync(`transactions/${deviceId}/result`, { qos: 1 });
  for (let sale = 0; sale < count; sale += 2) {
    const topic = `transactions/${deviceId}/submit`;
    await Promise.all([1, 2].map((n) => till.publishAsync(topic, `${sale}-${n}`, { qos: 1 })));
  }
  await until(() => results === count);
  await till.endAsync();
}

for (const frozenCount of [1, 200]) {
  void t.test(`${frozenCount} subscribers that never read freeze nobody`, async (t) => {
    const lab = await startStoreLab(t, { devices: ['t1', 't2'] });
    const padding = 'x'.repeat(OVERFLOWING_BYTES);
    lab.ledger.resultPayload = (item) => (item.source.deviceId === 't1' ? padding : '{}');
    const frozen: RawClient[] = [];
    for (let at = 0; at < frozenCount; at += 1) {
      const client = await lab.raw('t1');
      await client.subscribe(RESULT);
      client.socket.pause();
      frozen.push(client);
    }
    const source = await lab.raw('t1');
    // Each result goes to every frozen subscriber: far more than a socket and its buffer hold.
    const sales = 120;
    for (let sale = 1; sale <= sales; sale += 1) source.publish(SUBMIT, 'x', { messageId: sale });
    await sell(lab, 't2', 40);
    await until(() => source.packets.length === sales);
    const cutOff = (reason: string): number => lab.broker.refusals.get(reason) ?? 0;
    await until(() => cutOff('egress-overflow') + cutOff('egress-memory') === frozenCount);
    await until(() => lab.broker.connectionCount === 1);
    t.notOk(source.isClosed);
    await sell(lab, 't2', 4);
    for (const client of frozen) client.socket.destroy();
  });
}

void t.test('a broker message to a frozen subscriber freezes nobody either', async (t) => {
  const lab = await startStoreLab(t, { devices: ['t1', 't2'] });
  const frozen = await lab.raw('t1');
  await frozen.subscribe('gateway/status');
  frozen.socket.pause();
  const status = JSON.stringify({ padding: 'x'.repeat(OVERFLOWING_BYTES) });
  for (let at = 0; at < 400; at += 1)
    lab.broker.publish({ topic: 'gateway/status', payload: status, isRetained: true });
  await sell(lab, 't2', 20);
  await until(() => (lab.broker.refusals.get('egress-overflow') ?? 0) === 1);
  frozen.socket.destroy();
});

void t.test('who stalls is closed: before CONNECT, in a packet, or silent', async (t) => {
  const lab = await startStoreLab(t, {
    devices: ['t1'],
    limits: { deadlines: { ...DEFAULT_DEADLINES, connectMsMax: 300, packetMsMax: 300 } },
  });
  const silent = await lab.raw();
  const half = await lab.raw();
  half.socket.write(Buffer.from([0x10, 0x20, 0x00]));
  const torn = await lab.raw('t1');
  torn.socket.write(Buffer.from([0x32, 0x7f, 0x00]));
  const quiet = await lab.raw('t1', { keepalive: 1 });
  const living = await lab.raw('t1', { keepalive: 1 });
  const idle = await lab.raw('t1');
  const beat = setInterval(() => living.send({ cmd: 'pingreq' }), 200);
  await Promise.all([silent.closed, half.closed, torn.closed, quiet.closed]);
  clearInterval(beat);
  t.notOk(living.isClosed, 'a client that pings stays');
  t.notOk(idle.isClosed, 'a client without keep-alive may be silent');
  const { refusals } = lab.broker;
  await until(() => lab.broker.connectionCount === 2);
  t.same(Object.fromEntries(refusals), { 'connect-timeout': 2, 'half-packet': 1, 'keep-alive': 1 });
});

void t.test('garbage and forbidden packets close their connection only', async (t) => {
  const lab = await startStoreLab(t, { devices: ['t1', 't2'] });
  const junk = await lab.raw();
  junk.socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await junk.closed;
  const late = await lab.raw('t1');
  late.publish(SUBMIT, 'before', { messageId: 5 });
  late.socket.write(Buffer.from([0x36, 0x05, 0x00, 0x01, 0x61, 0x00, 0x01]));
  await late.closed;
  t.equal(lab.broker.refusals.get('qos'), 1);
  t.same(lab.ledger.payloads, ['before'], 'what came before it counts');
  const huge = await lab.raw('t1');
  huge.socket.write(Buffer.from([0x32, 0xff, 0xff, 0xff, 0x7f]));
  await huge.closed;
  const old = await lab.raw();
  old.socket.write(Buffer.from('101000044d5154540402003c000461626364ff', 'hex'));
  await old.closed;
  await sell(lab, 't2', 4);
});

void t.test('strangers by the hundred do not lock tills out', async (t) => {
  const lab = await startStoreLab(t, {
    devices: ['t1'],
    limits: { connectionsMax: 60, strangersMax: 20 },
  });
  const strangers: RawClient[] = [];
  for (let at = 0; at < 150; at += 1) strangers.push(await RawClient.open(lab.port));
  await sell(lab, 't1', 4);
  t.ok(lab.broker.connectionCount <= 60);
  await until(() => strangers.filter(({ isClosed }) => isClosed).length >= 130);
  for (const { socket } of strangers) socket.destroy();
});

void t.test('a client faster than the ledger is read more slowly, not buffered', async (t) => {
  const lab = await startStoreLab(t, { devices: ['t1', 't2'], intake: { queueItemsMax: 50 } });
  lab.ledger.answersAtOnce = false;
  const fast = await lab.raw('t1');
  const sale = mqttPacket.generate({
    cmd: 'publish',
    topic: SUBMIT,
    payload: 'x'.repeat(1000),
    qos: 1,
    messageId: 1,
    dup: false,
    retain: false,
  });
  fast.socket.write(Buffer.concat(Array.from({ length: 20_000 }, () => sale)));
  await until(() => lab.ledger.waiting.length >= 256);
  await new Promise((resolve) => setTimeout(resolve, 100));
  const { waitingItems, inFlightItems } = lab.intake.status;
  t.ok(waitingItems + inFlightItems <= 256, 'no more than its window');
  lab.ledger.answersAtOnce = true;
  for (const { resolve } of lab.ledger.waiting.splice(0)) resolve();
  await until(() => fast.packets.length === 20_000);
  await sell(lab, 't2', 4);
});

void t.test('bytes of unfinished packets are bounded over all connections', async (t) => {
  const lab = await startStoreLab(t, {
    devices: ['t1'],
    limits: { assemblyBytesMax: 1024 * 1024 },
  });
  const head = Buffer.from([0x32, 0x80, 0x80, 0x38]);
  const clients: RawClient[] = [];
  for (let at = 0; at < 6; at += 1) {
    const client = await lab.raw('t1');
    client.socket.write(Buffer.concat([head, Buffer.from([0, 1, 0x61]), Buffer.alloc(400_000)]));
    clients.push(client);
  }
  await until(() => (lab.broker.refusals.get('memory') ?? 0) >= 3);
  t.ok(
    clients.some(({ isClosed }) => !isClosed),
    'those within the budget stay',
  );
});
