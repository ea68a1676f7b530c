/**
 * What the broker promised before the gateway was killed: messages that it acknowledged, filters that
 * it granted, each message of QoS 2 once, retained messages, wills. Real processes and SIGKILL in the
 * moment of the promise.
 */
import type { IPublishPacket, Packet } from 'mqtt-packet';
import t from 'tap';
import type { Test } from 'tap';
import { heard, isSilent, LabGateway, publishAll } from '../support/lab-gateway.ts';
import { sampleSale } from '../support/sample-sale.ts';
import type { RawClient } from '../support/store-lab.ts';
import { ownFolder } from '../support/own-folder.ts';

t.setTimeout(120_000);

const KEPT = { clientId: 'kept' };
const NUMBERS = Array.from({ length: 300 }, (_, at) => String(at));

async function openLab(t: Test): Promise<LabGateway> {
  const lab = new LabGateway(t, ownFolder(t));
  await lab.init();
  await lab.enrol('s1');
  await lab.enrol('p1');
  await lab.open();
  return lab;
}

async function retain(sender: RawClient, topic: string, payload: string): Promise<void> {
  const packet = { cmd: 'publish', topic, payload, qos: 1, retain: true, dup: false } as const;
  sender.send({ ...packet, messageId: 900 });
  await sender.next(({ cmd }) => cmd === 'puback');
}

const next = (client: RawClient, wanted: Packet['cmd']): Promise<Packet | undefined> =>
  client.next(({ cmd }) => cmd === wanted);

void t.test('filters, messages, retained messages and wills outlive a kill', async (t) => {
  const lab = await openLab(t);
  const kept = await lab.client('s1', KEPT);
  t.equal(await kept.subscribe('lab/queue/#'), 1);
  await lab.killAndOpen();
  const sender = await lab.client('p1');
  const will = { topic: 'lab/queue/will', payload: Buffer.from('gone'), qos: 1, retain: false };
  await lab.client('p1', { clientId: 'mortal', will: will as Required<typeof will> & { qos: 1 } });
  await retain(sender, 'lab/label/a', 'stays');
  await retain(sender, 'lab/label/b', 'goes');
  await retain(sender, 'lab/label/b', '');
  await publishAll(sender, 'lab/queue/a', NUMBERS);
  await lab.killAndOpen();
  const back = await lab.client('s1', KEPT);
  t.equal(back.sessionPresent, true);
  t.same(await heard(back, NUMBERS.length + 1), [...NUMBERS, 'gone'], 'all, in order, once');
  t.ok(await isSilent(back));
  await back.subscribe('lab/label/+');
  t.same(await heard(back, 1), ['stays']);
  t.ok(await isSilent(back), 'what was deleted stays deleted');
});

void t.test('a message of QoS 2 passes once, whoever is killed in between', async (t) => {
  const lab = await openLab(t);
  await (await lab.client('s1', KEPT)).subscribe('lab/once', 2);
  await lab.killAndOpen();
  const message = { cmd: 'publish', topic: 'lab/once', payload: 'x', retain: false } as const;
  const once = { ...message, qos: 2, messageId: 7 } as const;
  const sender = await lab.client('p1', KEPT);
  sender.send({ ...once, dup: false });
  await next(sender, 'pubrec');
  await lab.killAndOpen();
  const again = await lab.client('p1', KEPT);
  again.send({ ...once, dup: true });
  await next(again, 'pubrec');
  again.send({ cmd: 'pubrel', messageId: 7 });
  await next(again, 'pubcomp');
  await lab.killAndOpen();

  const receiver = await lab.client('s1', KEPT);
  const first = (await next(receiver, 'publish')) as IPublishPacket;
  t.match(first, { qos: 2, payload: Buffer.from('x') });
  t.ok(await isSilent(receiver), 'once');
  receiver.send({ cmd: 'pubrec', messageId: first.messageId ?? 0 });
  t.match(await next(receiver, 'pubrel'), { messageId: first.messageId });
  await lab.killAndOpen();
  const resumed = await lab.client('s1', KEPT);
  t.match(
    await next(resumed, 'pubrel'),
    { messageId: first.messageId },
    'released, not sent again',
  );
  resumed.send({ cmd: 'pubcomp', messageId: first.messageId ?? 0 });
  t.ok(await isSilent(resumed));
  // The id is free: what comes under it now is another message.
  (await lab.client('p1', KEPT)).send({ ...once, payload: 'y', dup: false });
  t.match(await next(resumed, 'publish'), { payload: Buffer.from('y') });
});

void t.test('results wait for a session that is away; a revoked device has none', async (t) => {
  const lab = await openLab(t);
  await lab.enrol('till-1', 'till');
  await lab.enrol('monitor-1', 'monitor');
  for (const [device, filter] of [
    ['monitor-1', 'transactions/+/result'],
    ['p1', 'lab/gone'],
    ['s1', 'lab/#'],
  ] as const) {
    const away = await lab.client(device, KEPT);
    await away.subscribe(filter);
    away.socket.destroy();
  }
  const till = await lab.client('till-1');
  await till.subscribe('transactions/till-1/result');
  till.publish('transactions/till-1/submit', sampleSale());
  const [answer] = await heard(till, 1);
  // Durable after what was queued before it.
  await publishAll(await lab.client('p1'), 'lab/mark', ['after the result']);
  await lab.ok('device', 'revoke', 'p1');
  await lab.killAndOpen();
  t.same(await heard(await lab.client('monitor-1', KEPT), 1), [answer]);
  await lab.enrol('p1');
  t.equal((await lab.client('p1', KEPT)).sessionPresent, false);
});
