/**
 * A disk that fills up with what waits for sessions that are away: messages are no longer
 * acknowledged long before a sale is refused, nothing new is promised on a full disk, and it heals
 * when the cause is gone. And a `broker.db` that somebody overwrote.
 */
import { statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { settled } from '../support/chain-under-test.ts';
import { heard, LabGateway, publishAll } from '../support/lab-gateway.ts';
import { needSmallDisk, SmallDisk } from '../support/small-disk.ts';
import type { RawClient } from '../support/store-lab.ts';
import { sampleSale } from '../support/sample-sale.ts';
import { ownFolder } from '../support/own-folder.ts';

t.setTimeout(280_000);

const KEPT = { clientId: 'kept' };
const MEBIBYTE = 1024 * 1024;
const PAYLOAD = 'x'.repeat(64 * 1024);

async function openLab(t: Test, folder: string): Promise<LabGateway> {
  const lab = new LabGateway(t, folder);
  await lab.init();
  await lab.enrol('s1');
  await lab.enrol('p1');
  await lab.enrol('till-1', 'till');
  await lab.open();
  return lab;
}

/** The outcome of a sale, and its first problem. */
async function sell(lab: LabGateway, number: number): Promise<string> {
  const till = await lab.client('till-1');
  await till.subscribe('transactions/till-1/result');
  const transactionId = `0190a0b0-0000-7000-8000-${String(number).padStart(12, '0')}`;
  till.publish('transactions/till-1/submit', sampleSale({ transactionId }));
  const [text = '{}'] = await heard(till, 1);
  till.socket.destroy();
  const { outcome, errors } = JSON.parse(text) as {
    outcome: string;
    errors?: { code: string }[];
  };
  return [outcome, ...(errors ?? []).slice(0, 1).map(({ code }) => code)].join(' ');
}

/** How many of these messages are acknowledged before the connection ends. */
async function flood(sender: RawClient, count: number): Promise<number> {
  for (let acknowledged = 0; acknowledged < count; acknowledged += 1) {
    sender.publish('lab/queue', PAYLOAD);
    if ((await sender.next(({ cmd }) => cmd === 'puback')) === undefined) return acknowledged;
  }
  return count;
}

void t.test('messages are refused long before sales, and it heals', async (t) => {
  if (!needSmallDisk(t)) return;
  const disk = new SmallDisk(t, 96);
  const lab = await openLab(t, disk.folder);
  const away = await lab.client('s1', KEPT);
  t.equal(await away.subscribe('lab/queue'), 1);
  away.socket.destroy();
  t.equal(await sell(lab, 1), 'accepted');
  const kept = await flood(await lab.client('p1'), 2_000);
  const { bavail, bsize } = statfsSync(disk.folder);
  t.ok(kept > 100 && kept < 2_000, `${kept} messages were kept`);
  t.ok(bavail * bsize > 24 * MEBIBYTE, 'and left room to the ledger');
  t.equal(await sell(lab, 2), 'accepted');

  disk.fill();
  t.equal(await sell(lab, 3), 'unavailable LEDGER_DISK_FULL');
  t.equal(await flood(await lab.client('p1'), 1), 0);
  disk.makeRoom();
  t.equal(
    await settled(
      () => sell(lab, 3),
      (told) => told === 'accepted',
    ),
    'accepted',
  );
  const back = await lab.client('s1', KEPT);
  t.equal((await heard(back, kept)).length, kept, 'what was acknowledged is delivered');
  const again = await settled(
    async () => flood(await lab.client('p1'), 1),
    (acknowledged) => acknowledged === 1,
  );
  t.equal(again, 1);
  await lab.ok('log', 'verify');
});

void t.test('a full disk refuses new filters of kept sessions, until there is room', async (t) => {
  if (!needSmallDisk(t)) return;
  const disk = new SmallDisk(t, 64);
  const lab = await openLab(t, disk.folder);
  const away = await lab.client('s1', KEPT);
  t.equal(await away.subscribe('lab/queue'), 1);
  disk.fill();
  const subscribe = async (): Promise<number> =>
    (await lab.client('s1', { clientId: 'new' })).subscribe('lab/other');
  t.equal(await settled(subscribe, (qos) => qos === 0x80), 0x80);
  t.equal(await (await lab.client('s1', KEPT)).subscribe('lab/queue'), 1, 'what it has goes on');
  t.equal(await (await lab.client('s1')).subscribe('lab/other'), 1, 'and what is not kept');
  await lab.killAndOpen();
  t.equal((await lab.client('s1', KEPT)).sessionPresent, true, 'also after a start meanwhile');
  disk.makeRoom();
  t.equal(await settled(subscribe, (qos) => qos === 1), 1);
});

void t.test(
  'sessions that cannot be read begin anew, with an alarm, and sales go on',
  async (t) => {
    const lab = await openLab(t, ownFolder(t));
    const away = await lab.client('s1', KEPT);
    await away.subscribe('lab/queue');
    await lab.stop();
    writeFileSync(join(lab.home, 'data', 'broker.db'), 'not what was written');
    await lab.open();
    t.match(await lab.ok('alarm', 'list'), /BROKER_STATE_DAMAGED/);
    t.equal(await sell(lab, 1), 'accepted');
    const back = await lab.client('s1', KEPT);
    t.equal(back.sessionPresent, false);
    t.equal(await back.subscribe('lab/queue'), 1);
    await publishAll(await lab.client('p1'), 'lab/queue', ['again']);
    t.same(await heard(back, 1), ['again']);
  },
);
