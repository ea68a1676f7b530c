/**
 * Goal: what the broker keeps for devices that are away, and in which bounds. Method: real clients
 * over real sockets, and a broker that is stopped and started on the same file.
 */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { IPublishPacket } from 'mqtt-packet';
import type { Test } from 'tap';
import t from 'tap';
import { heard, isSilent, publishAll } from '../../test/support/lab-gateway.ts';
import { RawClient, startStoreLab, until } from '../../test/support/store-lab.ts';
import type { LabOptions, StoreLab } from '../../test/support/store-lab.ts';

const ROLES = { all: { publish: ['#'], subscribe: ['#'] }, none: { publish: [], subscribe: [] } };
const KEPT = { clientId: 'kept', clean: false };

/** Outlives the labs that use it, for the teardown that is added first runs last. */
function newFile(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'kept-state-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  return join(folder, 'broker.db');
}

function start(t: Test, stateFile: string, more: Partial<LabOptions> = {}): Promise<StoreLab> {
  const devices: LabOptions['devices'] = [
    ['s1', 'all'],
    ['p1', 'all'],
  ];
  return startStoreLab(t, { devices, roles: ROLES, stateFile, ...more });
}

void t.test('a session, its queue and retained messages outlive the broker', async (t) => {
  const file = newFile(t);
  const first = await start(t, file);
  const away = await first.raw('s1', KEPT);
  t.equal(await away.subscribe('news/#', 2), 2);
  away.socket.destroy();
  await until(() => first.broker.connectionCount === 0);
  const sender = await first.raw('p1');
  const texts = Array.from({ length: 600 }, (_, at) => `${at}`);
  await publishAll(sender, 'news/a', texts);
  const retained = { cmd: 'publish', topic: 'label/1', payload: 'x', dup: false } as const;
  sender.send({ ...retained, qos: 1, retain: true, messageId: 9 });
  await sender.next(({ cmd }) => cmd === 'puback');
  await first.close();
  const second = await start(t, file);
  const back = await second.raw('s1', KEPT);
  const live = await second.raw('p1');
  live.publish('news/a', 'live');
  t.same(await heard(back, 601), [...texts, 'live'], 'in order, once');
  t.ok(await isSilent(back));
  await back.subscribe('label/+');
  t.same(await heard(back, 1), ['x']);
});

void t.test('a kept session without subscriptions outlives the broker too', async (t) => {
  const file = newFile(t);
  const first = await start(t, file);
  t.notOk((await first.raw('s1', KEPT)).sessionPresent);
  await first.close();
  const second = await start(t, file);
  t.ok((await second.raw('s1', KEPT)).sessionPresent);
});

void t.test('what was acknowledged is gone, what was not comes again with DUP', async (t) => {
  const file = newFile(t);
  const first = await start(t, file);
  const away = await first.raw('s1', KEPT);
  await away.subscribe('news/#');
  const sender = await first.raw('p1');
  await publishAll(sender, 'news/a', ['a', 'b']);
  t.same(await heard(away, 1), ['a']);
  const open = (await away.next(({ cmd }) => cmd === 'publish')) as IPublishPacket;
  t.ok(await isSilent(away), 'the acknowledgement has arrived');
  await first.close();
  const second = await start(t, file);
  const back = await second.raw('s1', KEPT);
  const again = (await back.next(({ cmd }) => cmd === 'publish')) as IPublishPacket;
  t.match(again, { payload: Buffer.from('b'), dup: true, messageId: open.messageId });
});

void t.test('a client that does not acknowledge gets a window, not its whole queue', async (t) => {
  const lab = await start(t, newFile(t));
  const away = await lab.raw('s1', KEPT);
  await away.subscribe('news/#');
  away.socket.destroy();
  await until(() => lab.broker.connectionCount === 0);
  const sender = await lab.raw('p1');
  const payload = 'x'.repeat(16 * 1024);
  await publishAll(sender, 'news/a', Array<string>(128).fill(payload));
  const back = await lab.raw('s1', KEPT);
  await until(() => back.packets.length >= 15);
  back.send({ cmd: 'pingreq' });
  await back.next(({ cmd }) => cmd === 'pingresp');
  t.equal(back.packets.length, 15, '256 KiB');
  t.equal((await heard(back, 128)).length, 128);
});

void t.test('queues are bounded, the oldest goes first, and it is said', async (t) => {
  const lab = await start(t, newFile(t), {
    stateLimits: { queueItemsMax: 3, totalItemsMax: 4 },
  });
  for (const clientId of ['x', 'y']) {
    const away = await lab.raw('s1', { clientId, clean: false });
    await away.subscribe(`${clientId}/#`);
    away.socket.destroy();
  }
  await until(() => lab.broker.connectionCount === 0);
  const sender = await lab.raw('p1');
  for (const topic of ['x/1', 'x/2', 'x/3', 'x/4', 'y/1', 'y/2']) {
    sender.publish(topic, topic);
    await sender.next(({ cmd }) => cmd === 'puback');
  }
  t.same(await heard(await lab.raw('s1', { clientId: 'x', clean: false }), 2), ['x/3', 'x/4']);
  t.same(await heard(await lab.raw('s1', { clientId: 'y', clean: false }), 2), ['y/1', 'y/2']);
  t.equal(lab.broker.refusals.get('queue-overflow'), 2);
});

void t.test('a device that floods its sessions pushes out nothing of the others', async (t) => {
  const lab = await start(t, newFile(t), { stateLimits: { totalItemsMax: 20 } });
  const leave = async (device: string, clientId: string, filter: string): Promise<void> => {
    const away = await lab.raw(device, { clientId, clean: false });
    await away.subscribe(filter);
    away.socket.destroy();
    await until(() => lab.broker.connectionCount === 0);
  };
  await leave('s1', 'quiet', 'news/#');
  for (const clientId of ['x', 'y', 'z']) await leave('p1', clientId, `${clientId}/#`);
  const sender = await lab.raw('p1');
  const news = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
  await publishAll(sender, 'news/1', news);
  // Each of its sessions holds less than the quiet one.
  for (const topic of ['x/1', 'y/1', 'z/1']) await publishAll(sender, topic, news.slice(0, 6));
  t.equal(lab.broker.queued.messages, 20);
  t.same(await heard(await lab.raw('s1', { clientId: 'quiet', clean: false }), 8), news);
});

void t.test('sessions end with a clean CONNECT and with their device', async (t) => {
  const file = newFile(t);
  const lab = await start(t, file);
  for (const [device, clientId] of [
    ['s1', 'clean'],
    ['s1', 'kept'],
    ['p1', 'kept'],
  ] as const) {
    const client = await lab.raw(device, { clientId, clean: false });
    t.equal(await client.subscribe('news/#'), 1);
    client.socket.destroy();
  }
  (await lab.raw('s1', { clientId: 'clean' })).socket.destroy();
  lab.revoke('p1');
  await until(() => lab.broker.connectionCount === 0);
  await lab.close();
  const again = await start(t, file, {
    devices: [
      ['s1', 'all'],
      ['p1', 'all'],
    ],
  });
  const present = async (device: string, clientId: string): Promise<boolean> => {
    const client = await RawClient.open(again.port);
    t.teardown(() => client.socket.destroy());
    const bytes = new Promise<Buffer>((resolve) => void client.socket.once('data', resolve));
    await client.connect(device, { clientId, clean: false });
    return (await bytes)[2] === 1;
  };
  t.equal(await present('s1', 'clean'), false);
  t.equal(await present('s1', 'kept'), true);
  t.equal(await present('p1', 'kept'), false);
});

void t.test('filters that were refused are not kept', async (t) => {
  const file = newFile(t);
  const narrow = { all: { publish: ['#'], subscribe: ['news/a'] } };
  const lab = await start(t, file, { roles: narrow });
  const client = await lab.raw('s1', KEPT);
  client.send({
    cmd: 'subscribe',
    messageId: 1,
    subscriptions: [
      { topic: 'news/a', qos: 1 },
      { topic: 'news/b', qos: 1 },
    ],
  });
  const suback = await client.next(({ cmd }) => cmd === 'suback');
  t.match(suback, { granted: [1, 0x80] });
  await lab.close();
  const wide = await start(t, file);
  const sender = await wide.raw('p1');
  for (const topic of ['news/b', 'news/a']) {
    sender.publish(topic, topic);
    await sender.next(({ cmd }) => cmd === 'puback');
  }
  t.same(await heard(await wide.raw('s1', KEPT), 1), ['news/a']);
});

void t.test('a file that cannot be read is set aside, and the broker starts', async (t) => {
  const file = newFile(t);
  const folder = dirname(file);
  writeFileSync(file, 'this is not a database, whatever its name says');
  const lab = await start(t, file);
  t.match(lab.asides, [/could not be read .* set aside as .*broker\.db\.damaged-/]);
  t.ok(readdirSync(folder).some((name) => name.startsWith('broker.db.damaged-')));
  const client = await lab.raw('s1', KEPT);
  t.equal(await client.subscribe('news/#'), 1);
});
