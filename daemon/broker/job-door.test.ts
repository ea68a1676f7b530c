/**
 * Goal: a request reaches the jobs and nobody else, and is acknowledged only when they have it.
 * Method: real clients against the assembled broker; the jobs are the test's own.
 */
import t from 'tap';
import type { Test } from 'tap';
import { startStoreLab, until } from '../../test/support/store-lab.ts';
import type { LabOptions, StoreLab } from '../../test/support/store-lab.ts';
import { JobDoor } from './job-door.ts';
import type { DeviceRequest } from './job-door.ts';

const REQUEST = 'peripherals/printer/request/t1';
const ANSWERS = 'peripherals/+/response/t1';

class Jobs {
  readonly taken: (Omit<DeviceRequest, 'payload'> & { payload: string })[] = [];
  readonly busy: string[] = [];
  readonly heard: string[] = [];
  readonly waiting: (() => void)[] = [];
  takesAtOnce = true;

  take({ payload, ...rest }: DeviceRequest): Promise<void> {
    this.taken.push({ ...rest, payload: Buffer.from(payload).toString() });
    return this.takesAtOnce
      ? Promise.resolve()
      : new Promise((resolve) => void this.waiting.push(resolve));
  }

  refuseBusy({ deviceId }: DeviceRequest): void {
    this.busy.push(deviceId);
  }

  hears(deviceId: string): void {
    this.heard.push(deviceId);
  }
}

async function labFor(t: Test, more: Partial<LabOptions> = {}): Promise<StoreLab & { jobs: Jobs }> {
  const jobDoor = new JobDoor();
  const jobs = new Jobs();
  const roles = { spy: { publish: ['#'], subscribe: ['#'] } };
  const lab = await startStoreLab(t, { devices: ['t1', ['s1', 'spy']], roles, jobDoor, ...more });
  jobDoor.open(jobs);
  return Object.assign(lab, { jobs });
}

void t.test('a request is acknowledged when it is taken, and forwarded to nobody', async (t) => {
  const lab = await labFor(t);
  const away = await lab.raw('s1', { clientId: 'kept', clean: false });
  await away.subscribe('#', 2);
  away.socket.destroy();
  const spy = await lab.raw('s1');
  await spy.subscribe('#', 2);
  const till = await lab.raw('t1');
  lab.jobs.takesAtOnce = false;
  till.publish(REQUEST, '{"a":1}', { messageId: 11 });
  till.publish(REQUEST, '{"b":2}', { messageId: 12, qos: 2 });
  till.publish(REQUEST, '{"c":3}', { qos: 0 });
  await until(() => lab.jobs.waiting.length === 3);
  t.match(lab.jobs.taken[0], { peripheralId: 'printer', deviceId: 't1', role: 'till' });
  t.strictSame(
    lab.jobs.taken.map(({ payload }) => payload),
    ['{"a":1}', '{"b":2}', '{"c":3}'],
  );
  till.send({ cmd: 'pingreq' });
  await till.next(({ cmd }) => cmd === 'pingresp');
  t.same(till.packets, [], 'nothing is acknowledged yet');
  for (const resolve of lab.jobs.waiting) resolve();
  await until(() => till.packets.length === 2);
  t.match(till.packets, [
    { cmd: 'puback', messageId: 11 },
    { cmd: 'pubrec', messageId: 12 },
  ]);
  till.send({ cmd: 'pubrel', messageId: 12 });
  t.match(await till.next(({ cmd }) => cmd === 'pubcomp'), { messageId: 12 });
  till.publish('queries/t1/request', 'seen', { messageId: 13 });
  t.match(await spy.next(({ cmd }) => cmd === 'publish'), { topic: 'queries/t1/request' });
  const back = await lab.raw('s1', { clientId: 'kept', clean: false });
  t.match(await back.next(({ cmd }) => cmd === 'publish'), { topic: 'queries/t1/request' });
});

void t.test("jobs are a device's own, whatever its role may publish", async (t) => {
  const lab = await labFor(t);
  const spy = await lab.raw('s1');
  spy.publish(REQUEST, '{}');
  await spy.closed;
  const till = await lab.raw('t1');
  till.publish('peripherals/printer/request/t2', '{}');
  await till.closed;
  t.same(lab.jobs.taken, []);
});

void t.test('a client that floods is told so, and the others go on', async (t) => {
  const lab = await labFor(t);
  lab.jobs.takesAtOnce = false;
  const till = await lab.raw('t1');
  for (let at = 1; at <= 40; at += 1) till.publish(REQUEST, `${at}`, { messageId: at });
  await until(() => lab.jobs.busy.length === 8);
  t.equal(lab.jobs.waiting.length, 32);
  const other = await lab.raw('t1');
  other.publish(REQUEST, 'x');
  await until(() => lab.jobs.waiting.length === 33);
  for (const resolve of lab.jobs.waiting) resolve();
  t.match(await other.next(({ cmd }) => cmd === 'puback'), { messageId: 1 });
  await until(() => till.packets.length === 40);
});

void t.test('who reads its answers is known, by whichever filter', async (t) => {
  const lab = await labFor(t);
  const till = await lab.raw('t1');
  await till.subscribe('gateway/status');
  await till.subscribe(ANSWERS);
  await until(() => lab.jobs.heard.length === 1);
  await till.subscribe('peripherals/printer/response/t1');
  await until(() => lab.jobs.heard.length === 2);
  t.same(lab.jobs.heard, ['t1', 't1']);
});

void t.test('what comes before the door opens waits', async (t) => {
  const jobDoor = new JobDoor();
  const jobs = new Jobs();
  const lab = await startStoreLab(t, { devices: ['t1'], jobDoor });
  const till = await lab.raw('t1');
  till.publish(REQUEST, 'early');
  till.send({ cmd: 'pingreq' });
  await till.next(({ cmd }) => cmd === 'pingresp');
  t.same(till.packets, []);
  jobDoor.open(jobs);
  t.match(await till.next(({ cmd }) => cmd === 'puback'), { messageId: 1 });
  t.equal(jobs.taken.length, 1);
});
