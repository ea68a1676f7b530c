/**
 * Goal: what a till asks of a peripheral ends in one answer that is true, whatever happens. Method: the
 * real parts but for the broker, over real sockets to a device that does what the test says.
 */
import t from 'tap';
import type { Test } from 'tap';
import { FakePrinterDevice } from '../../test/support/fake-printer.ts';
import { PeripheralLab } from '../../test/support/peripheral-lab.ts';

t.setTimeout(30_000);
// They wait for each other's devices most of the time.
t.jobs = 11;

async function lab(t: Test): Promise<{ lab: PeripheralLab; device: FakePrinterDevice }> {
  const device = new FakePrinterDevice();
  await device.plug();
  const started = await PeripheralLab.start(t);
  t.teardown(() => device.unplug());
  await started.add('printer', device.address);
  await started.ready('printer');
  return { lab: started, device };
}

const print = (jobId: string, more: object = {}) => ({
  ...{ jobId, operation: 'print', document: { blocks: [] } },
  ...more,
});

void t.test(
  'a job is recorded, sent, done and answered, and asked again is not done again',
  async (t) => {
    const { lab: l, device } = await lab(t);
    t.match(await l.asked('printer', print('a')), {
      ...{ jobId: 'a', peripheralId: 'printer', operation: 'print', state: 'done' },
      result: { confirmed: true },
      at: /^\d{4}-.*Z$/,
    });
    t.match(device.received, [{ jobId: 'till-1/a', params: { document: { blocks: [] } } }]);
    const first = l.answers('a');
    await l.ask('printer', print('a'));
    t.strictSame(l.answers('a'), [first[0], first[0]], 'the kept answer');
    await l.ask('printer', print('a', { timeoutMs: 900 }));
    t.equal(l.answers('a').length, 3, 'how long it may take is not what is asked');
    t.match(await l.asked('printer', print('a', { document: { blocks: ['x'] } })), {
      ...{ state: 'refused', error: { code: 'JOB_CONFLICT' } },
    });
    await l.restart();
    await l.ask('printer', print('a'));
    t.strictSame(l.answers('a'), [first[0]], 'also after a restart');
    t.equal(device.received.length, 1);
    t.match(l.ledger.tip, { size: 2 }, 'the log heard of what the printer is, and of no job');
  },
);

void t.test('what cannot be is refused with a code, and nothing is recorded', async (t) => {
  const { lab: l, device } = await lab(t);
  const cases: [unknown, string, object][] = [
    [Buffer.from('{"jobId":"x"'), 'JOB_INVALID', { jobId: null }],
    [Buffer.from([0xff, 0xfe]), 'JOB_INVALID', { jobId: null, operation: null }],
    [[], 'JOB_INVALID', { jobId: null }],
    [{ operation: 'print' }, 'JOB_INVALID', { jobId: null, error: { path: '/jobId' } }],
    [{ jobId: 'a b', operation: 'print' }, 'JOB_INVALID', { jobId: null }],
    [{ jobId: 'x' }, 'JOB_INVALID', { jobId: 'x', error: { path: '/operation' } }],
    [{ jobId: 'x', operation: 'print', timeoutMs: 1 }, 'JOB_INVALID', { jobId: 'x' }],
    [print('x', { timeoutMs: 61_000 }), 'JOB_INVALID', { error: { path: '/timeoutMs' } }],
    [print('x', { price: 1.5 }), 'JOB_INVALID', { jobId: 'x' }],
    [print('x', { bad: true }), 'JOB_INVALID', { error: { path: '/bad' } }],
    [{ jobId: 'x', operation: 'fly' }, 'JOB_OPERATION', { error: { message: /printReceipt/ } }],
    [{ jobId: 'x', operation: 'toString' }, 'JOB_OPERATION', {}],
    [{ jobId: 'x', operation: 'raw' }, 'JOB_RIGHT', {}],
    [print('x', { picture: 'A'.repeat(600_000) }), 'JOB_TOO_LARGE', { jobId: 'x' }],
    [{ jobId: 'x', operation: 'reprint', of: 'nothing' }, 'JOB_UNKNOWN', {}],
    [{ jobId: 'x', operation: 'printReceipt', transactionId: 'no' }, 'JOB_INVALID', {}],
  ];
  for (const [request, code, more] of cases) {
    l.published.length = 0;
    await l.ask('printer', request);
    const [answer] = l.published.filter(({ topic }) => topic.includes('/response/'));
    t.match(JSON.parse(answer?.payload ?? '{}'), { state: 'refused', error: { code }, ...more });
  }
  t.match(await l.asked('other', print('y')), { error: { code: 'PERIPHERAL_UNKNOWN' } });
  t.equal(l.reader.jobs.count(), 0);
  t.equal(device.received.length, 0);
  t.match(await l.asked('printer', { jobId: 'z', operation: 'raw' } as never, 'service'), {
    state: 'done',
  });
});

void t.test('jobs wait for their turn, and no longer than half of their time', async (t) => {
  const { lab: l, device } = await lab(t);
  device.printMs = 400;
  await l.ask('printer', print('slow'));
  await l.ask('printer', print('hasty', { timeoutMs: 300 }));
  await l.ask('printer', print('patient'));
  t.match(await l.answer('hasty'), { state: 'refused', error: { code: 'JOB_EXPIRED' } });
  t.match(await l.answer('slow'), { state: 'done' });
  t.match(await l.answer('patient'), { state: 'done' });
  t.strictSame(
    device.received.map(({ jobId }) => jobId),
    ['till-1/slow', 'till-1/patient'],
  );
  device.isStuck = true;
  t.match(await l.asked('printer', print('stuck', { timeoutMs: 200 })), { state: 'unknown' });
  t.match(l.entries().at(-1), { event: 'jobUnknown', jobId: 'stuck', deviceId: 'till-1' });
  device.condition = 'NOT COVER';
  const measure = { jobId: 'm', operation: 'measure', timeoutMs: 200 };
  t.match(await l.asked('printer', measure), { state: 'refused' }, 'it leaves no trace');
});

void t.test('more jobs than a counter can have are refused at once', async (t) => {
  const { lab: l, device } = await lab(t);
  device.isStuck = true;
  for (let at = 0; at < 66; at += 1) await l.ask('printer', print(`j${at}`));
  t.match(await l.answer('j65'), { state: 'refused', error: { code: 'PERIPHERAL_BUSY' } });
  t.equal(l.reader.jobs.count(), 65);
});

void t.test(
  'a plug that is pulled leaves unknown what was sent, and refuses what waited',
  async (t) => {
    const { lab: l, device } = await lab(t);
    device.isStuck = true;
    await l.ask('printer', print('sent'));
    await l.ask('printer', print('waits'));
    await l.until(() => device.received.length === 1);
    await device.unplug();
    t.match(await l.answer('sent'), { state: 'unknown', error: { code: 'JOB_INTERRUPTED' } });
    await l.until(() => l.state('printer')?.['state'] === 'absent');
    t.match(l.state('printer'), { reasons: [/^TRANSPORT_/], trouble: { hint: /.+/ } });
    t.match(await l.answer('waits'), { state: 'refused' }, 'after three seconds');
    t.match(await l.asked('printer', print('late')), {
      ...{ state: 'refused', error: { code: 'PERIPHERAL_ABSENT' } },
    });
    device.isStuck = false;
    await device.plug();
    await l.ready('printer');
    await l.ask('printer', print('late'));
    await l.until(() => l.answers('late').some(({ state }) => state === 'done'));
    t.pass('what was not recorded may come again');
    t.match(
      await l.asked('printer', { jobId: 'again', operation: 'reprint', of: 'sent' } as never),
      {
        ...{ state: 'done', result: { copy: 1 } },
      },
    );
    t.match(device.received.at(-1)?.params, { document: { blocks: [{ text: '*** COPY 1 ***' }] } });
    t.match(l.entries().at(-1), { event: 'reprint', copy: 1, jobId: 'again' });
  },
);

void t.test('a short absence costs nothing but the time', async (t) => {
  const { lab: l, device } = await lab(t);
  await device.unplug();
  await l.until(() => l.state('printer')?.['state'] === 'absent');
  await l.ask('printer', print('a'));
  await device.plug();
  t.match(await l.answer('a'), { state: 'done' });
});

void t.test('another device at the address is refused, and said', async (t) => {
  const { lab: l, device } = await lab(t);
  await l.until(() => l.peripherals.registry.find('printer')?.identity?.serialNumber === 'S1');
  t.match(l.entries(), [{ event: 'peripheralIdentified', identity: { serialNumber: 'S1' } }]);
  await device.unplug();
  device.serialNumber = 'S2';
  await device.plug();
  await l.until(() => String(l.state('printer')?.['reasons']) === 'PERIPHERAL_IDENTITY');
  t.match(l.state('printer'), { trouble: { message: /S2.*S1/ } });
  await l.ask('printer', print('a'));
  t.match(await l.answer('a'), { state: 'refused' });
  t.equal(device.received.length, 0);
  device.serialNumber = 'S1';
  await l.ready('printer');
  t.match(await l.asked('printer', print('b')), { state: 'done' });
});

void t.test('a device is found where it is plugged in now', async (t) => {
  const { lab: l, device } = await lab(t);
  const usb = { vendorId: '04b8', productId: '0e15', serialNumber: 'U7' };
  await l.add('moved', 'tcp://127.0.0.1:1', { plug: { kind: 'tcp', ...usb } });
  l.candidates = [
    { kind: 'tcp', address: 'tcp://127.0.0.1:2', usb: { ...usb, serialNumber: 'U8' } },
    { kind: 'tcp', address: device.address.replace('127.0.0.1', 'localhost'), usb },
  ];
  await l.ready('moved');
  await l.until(() => l.peripherals.registry.find('moved')?.address.includes('localhost') === true);
  t.pass('and kept for the next time');
});

void t.test(
  'events go to devices, at a rate that they bear; drawers are told to the log',
  async (t) => {
    const { lab: l, device } = await lab(t);
    device.say('EVENT {"type":"scan","data":"4006381333931"}');
    await l.until(() => l.events('printer').length === 1);
    t.match(l.events('printer'), [
      { type: 'scan', peripheralId: 'printer', data: '4006381333931' },
    ]);
    for (let at = 0; at < 300; at += 1) device.say('EVENT {"type":"scan"}');
    await l.until(() => l.peripherals.counters().droppedEvents > 150);
    t.ok(l.events('printer').length < 150);
    await l.add('drawer', 'printer:printer?connector=1', { driver: 'fake/drawer' });
    await l.ready('drawer');
    const open = { jobId: 'o', operation: 'open', operatorId: 'op-7', reason: 'change' };
    t.match(await l.asked('drawer', open), { state: 'done' });
    await l.until(() => device.pulses.length === 1);
    t.equal(device.pulses[0], '0119fa');
    device.say('PORT 01');
    await l.until(() => l.events('drawer').length === 1);
    t.match(l.entries().at(-1), {
      ...{ event: 'drawerOpened', peripheralId: 'drawer', jobId: 'o', deviceId: 'till-1' },
      ...{ operatorId: 'op-7', reason: 'change' },
    });
    await device.unplug();
    await l.until(() => l.state('drawer')?.['state'] === 'absent');
    await device.plug();
    await l.ready('drawer');
  },
);

void t.test('what was under way at the end is told at the start, once', async (t) => {
  const { lab: l, device } = await lab(t);
  const key = { deviceId: 'till-1', peripheralId: 'printer', operation: 'print' };
  const facts = { ...key, isPhysical: true, contentHash: 'h', prints: null };
  for (const jobId of ['queued', 'sent']) {
    await l.ledger.job({ type: 'putJob', job: { ...facts, jobId }, request: '{}' });
  }
  await l.ledger.job({ type: 'advanceJob', deviceId: 'till-1', jobId: 'sent', to: 'sent' });
  l.retainedAtStart = ['peripherals/gone/state', 'peripherals/printer/state', 'other/gone/state'];
  await l.restart();
  t.match(l.answers('queued'), [{ state: 'refused', error: { code: 'JOB_INTERRUPTED' } }]);
  t.match(l.answers('sent'), [{ state: 'unknown', error: { code: 'JOB_INTERRUPTED' } }]);
  t.ok(
    l.published.some(({ topic, payload }) => topic === 'peripherals/gone/state' && payload === ''),
  );
  t.notOk(l.published.some(({ topic }) => topic.startsWith('other/')));
  l.peripherals.desk.hears('till-1');
  l.peripherals.desk.hears('till-1');
  t.equal(l.answers('sent').length, 2, 'once more for who was away without a session');
  t.equal(device.received.length, 0);
  await l.ready('printer');
  await l.peripherals.registry.remove('printer');
  await l.peripherals.end('printer');
  t.equal(l.state('printer'), undefined, 'what is removed has no state');
});

void t.test('a peripheral that cannot start harms no other', async (t) => {
  const { lab: l } = await lab(t);
  await l.add('strange', 'tcp://127.0.0.1:1', { driver: 'of/later' });
  await l.add('bad', 'tcp://127.0.0.1:1', { options: { width: 'wide' } });
  t.match(l.state('strange'), { state: 'absent', reasons: ['DRIVER_UNKNOWN'], category: null });
  t.match(await l.asked('strange', print('s')), { error: { code: 'DRIVER_UNKNOWN' } });
  t.match(await l.asked('bad', print('b')), { error: { code: 'PERIPHERAL_OPTIONS' } });
  t.match(await l.asked('printer', print('a')), { state: 'done' });
});
