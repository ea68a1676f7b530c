/** Every scanner driver against its simulator, in virtual time. */
import t from 'tap';
import { SeededRandom } from '../../test/support/seeded-random.ts';
import { SimulatedPeripheral } from '../../test/support/simulated-peripheral.ts';
import { SCANNER_DRIVERS } from './scanner-drivers.ts';
import { SCANNER_SIMULATORS } from './scanner-simulator.ts';

type Options = Readonly<Record<string, unknown>>;

function lab(
  id: string,
  options: Options = {},
  simulatorOptions: Record<string, string> = {},
): SimulatedPeripheral {
  const driver = SCANNER_DRIVERS.find((known) => known.id === id);
  const simulator = SCANNER_SIMULATORS.find((known) => known.driver === id);
  if (driver === undefined || simulator === undefined) throw new Error(id);
  return new SimulatedPeripheral({ driver, simulator, options, simulatorOptions });
}

const WECHAT = '134567890123456789';
const CHINESE = 'https://例え.cn/优惠券?编号=8848';

for (const { id } of SCANNER_DRIVERS) {
  void t.test(`${id}: a code becomes one event`, async (t) => {
    const scanner = lab(id, { source: 'cashier' });
    await scanner.pass(100);
    t.match(scanner.conditions.at(-1), { state: 'ready', reasons: [] });
    scanner.device.command('scan 4006381333931');
    await scanner.pass(1_000);
    t.match(scanner.events, [
      {
        ...{ type: 'scan', data: '4006381333931', symbology: 'EAN13', checkDigit: 'ok' },
        ...{ gtin: '04006381333931', source: 'cashier' },
        dataBytes: Buffer.from('4006381333931').toString('base64'),
      },
    ]);
  });

  void t.test(`${id}: a double read is one event, another code in between makes two`, async (t) => {
    const scanner = lab(id);
    await scanner.pass(100);
    scanner.device.command('twice 4006381333931');
    await scanner.pass(300);
    t.equal(scanner.events.length, 1);
    scanner.device.command('scan 96385074');
    await scanner.pass(100);
    scanner.device.command('scan 4006381333931');
    await scanner.pass(100);
    t.strictSame(
      scanner.events.map((event) => event['data']),
      ['4006381333931', '96385074', '4006381333931'],
    );
    await scanner.pass(600);
    scanner.device.command('scan 4006381333931');
    await scanner.pass(100);
    t.equal(scanner.events.length, 4, 'the window is over');
    t.match(await scanner.perform({ operation: 'status' }), {
      ...{ state: 'done', result: { enabled: true, scans: 4, doubleReads: 1 } },
    });
  });

  void t.test(`${id}: without a window each reading is told`, async (t) => {
    const scanner = lab(id, { doubleReadMs: 0 });
    await scanner.pass(100);
    scanner.device.command('twice 4006381333931');
    await scanner.pass(1_000);
    t.equal(scanner.events.length, 2);
  });

  void t.test(`${id}: Chinese text survives, in UTF-8 and in GB18030`, async (t) => {
    const scanner = lab(id);
    await scanner.pass(100);
    scanner.device.command(`scan ${CHINESE}`);
    await scanner.pass(100);
    scanner.device.command('scan-hex d3c5bbddc8af');
    await scanner.pass(100);
    t.strictSame(
      scanner.events.map((event) => event['data']),
      [CHINESE, '优惠券'],
    );
    t.equal(scanner.events[0]?.['dataBytes'], Buffer.from(CHINESE).toString('base64'));
  });

  void t.test(`${id}: a long code in many pieces is one`, async (t) => {
    const scanner = lab(id);
    await scanner.pass(100);
    const long = 'A1'.repeat(900);
    scanner.device.command(`scan ${long}`);
    await scanner.pass(5_000);
    t.strictSame(
      scanner.events.map((event) => event['data']),
      [long],
    );
  });

  void t.test(`${id}: disabled it tells nothing, enabled it goes on`, async (t) => {
    const scanner = lab(id);
    await scanner.pass(100);
    t.match(await scanner.perform({ operation: 'disable' }), {
      state: 'done',
      result: { enabled: false },
    });
    scanner.device.command('scan 4006381333931');
    await scanner.pass(1_000);
    t.equal(scanner.events.length, 0);
    t.match(await scanner.perform({ operation: 'enable' }), {
      state: 'done',
      result: { enabled: true },
    });
    scanner.device.command('scan 4006381333931');
    await scanner.pass(1_000);
    t.equal(scanner.events.length, 1);
    const stranger = await scanner.perform({ operation: 'enable', now: true });
    t.match(stranger, { state: 'refused', error: { code: 'JOB_INVALID', path: '/now' } });
  });

  void t.test(`${id}: a payment code is whole in one member and nowhere else`, async (t) => {
    const scanner = lab(id, { source: 'customer' });
    await scanner.pass(100);
    scanner.device.command(`scan ${WECHAT}`);
    scanner.device.command(`half ${WECHAT}`);
    await scanner.pass(10_000);
    const [event, ...more] = scanner.events;
    t.match(event, { payment: { class: 'wechat' }, paymentCode: WECHAT, source: 'customer' });
    t.equal(event?.['dataBytes'], undefined);
    t.equal(more.length, 0);
    const others = scanner.effects.filter((effect) => effect.type !== 'event');
    const kept = JSON.stringify([...others, { ...event, paymentCode: undefined }]);
    t.notMatch(kept, /7890123456/);
    const bytes = others.flatMap((effect) =>
      effect.type === 'discarded' ? [...effect.bytes] : [],
    );
    t.notMatch(String.fromCharCode(...bytes), /34567/);
    const driver = SCANNER_DRIVERS.find((known) => known.id === id);
    const mask = driver?.createMask?.({});
    const explain = driver?.createExplain({ prefix: '', suffix: 'any', reportId: 2 });
    for (const chunk of scanner.received) {
      t.notMatch(Buffer.from(mask?.(chunk) ?? chunk).toString('latin1'), /345678/);
      for (const line of explain?.('in', chunk) ?? []) t.notMatch(line, /345678/);
    }
  });

  void t.test(
    `${id}: where no payment codes are read, such digits are a code like any other`,
    async (t) => {
      const scanner = lab(id, { paymentCodes: false });
      await scanner.pass(100);
      scanner.device.command(`scan ${WECHAT}`);
      await scanner.pass(100);
      t.match(scanner.events, [{ data: WECHAT, payment: undefined, paymentCode: undefined }]);
    },
  );

  void t.test(`${id}: a half code is let go, the next one is read`, async (t) => {
    const scanner = lab(id);
    await scanner.pass(100);
    scanner.device.command(`half ${'X'.repeat(40)}`);
    await scanner.pass(10_000);
    scanner.device.command('scan 4006381333931');
    await scanner.pass(1_000);
    t.equal(scanner.events.at(-1)?.['data'], '4006381333931');
    t.ok(scanner.effects.some((effect) => effect.type === 'discarded'));
  });

  void t.test(`${id}: much noise holds no memory, then a code is read`, async (t) => {
    const scanner = lab(id);
    await scanner.pass(100);
    // A megabyte where it costs least; the framers' caps are tested by themselves.
    const count = id === 'scanner/hid-pos' ? 1_048_576 : 131_072;
    scanner.device.command(`garbage ${count}`);
    await scanner.pass(1_000);
    const before = scanner.events.length;
    t.ok(before < 100, `${before} codes were seen in it`);
    scanner.device.command('scan 4006381333931');
    await scanner.pass(5_000);
    t.equal(scanner.events.at(-1)?.['data'], '4006381333931');
    t.equal(scanner.events.length, before + 1);
    t.equal(scanner.end, undefined);
  });

  void t.test(`${id}: byte by byte and pulled out`, async (t) => {
    const scanner = lab(id);
    await scanner.pass(100);
    scanner.device.command('slow');
    scanner.device.command('scan 4006381333931');
    await scanner.pass(2_000);
    t.equal(scanner.events.length, 1);
    scanner.device.command('unplug');
    await scanner.pass(10);
    t.match(scanner.end, { reason: 'unplugged' });
  });
}

void t.test('serial: AIM identifiers in the data, GS1 and an embedded price', async (t) => {
  const embedded = [{ layout: '21IIIIIWWWWWC' }];
  const scanner = lab('scanner/serial', { embedded }, { aim: 'true' });
  await scanner.pass(100);
  scanner.device.command('scan 0104006381333931\\x1d10LOT-7 ]C1');
  scanner.device.command('scan 2112345012506 ]E0');
  await scanner.pass(100);
  t.match(scanner.events[0], {
    ...{ aim: ']C1', symbology: 'EAN128', gs1: { '01': '04006381333931', '10': 'LOT-7' } },
  });
  const weight = { value: 1250, scale: 3, unit: 'kg' };
  t.match(scanner.events[1], { checkDigit: 'ok', embedded: { itemId: '12345', weight } });
});

void t.test('serial: silence ends a code where nothing else does', async (t) => {
  const scanner = lab('scanner/serial', { suffix: 'none', interCharacterMs: 50 });
  await scanner.pass(100);
  scanner.device.command('scan 4006381333931');
  t.equal(scanner.events.length, 0);
  await scanner.pass(100);
  t.equal(scanner.events.length, 1);
});

void t.test('serial: the bytes of each maker', async (t) => {
  const sentBy = async (device: string): Promise<string[]> => {
    const scanner = lab('scanner/serial', { device }, { device });
    await scanner.pass(100);
    await scanner.perform({ operation: 'disable' });
    await scanner.perform({ operation: 'enable' });
    return scanner.sent.map((bytes) => Buffer.from(bytes).toString('hex'));
  };
  t.strictSame(await sentBy('honeywell'), ['16550d', '16540d']);
  t.strictSame(await sentBy('cipherlab'), ['45', '44', '45']);
  t.strictSame(await sentBy('generic'), []);
});

void t.test('SSI: a damaged packet is asked for again and told once', async (t) => {
  const scanner = lab('scanner/ssi');
  await scanner.pass(1_000);
  scanner.device.command('damaged');
  scanner.device.command('scan 4006381333931');
  await scanner.pass(3_000);
  t.strictSame(
    scanner.events.map((event) => event['data']),
    ['4006381333931'],
  );
  t.match(scanner.effects, [{ type: 'condition' }]);
  const identity = scanner.effects.find((effect) => effect.type === 'identity');
  t.match(identity, { identity: { maker: 'Zebra', firmware: 'SIM-1.0' } });
});

void t.test('SSI: a lost acknowledgement brings the packet again, and it is told once', (t) => {
  const scanner = lab('scanner/ssi', { doubleReadMs: 0 });
  const packetOf = (status: number): Uint8Array => {
    const bytes = [0x08, 0xf3, 0x00, status, 0x0b, 0x31, 0x32, 0x33];
    const sum = -bytes.reduce((total, byte) => total + byte, 0) & 0xffff;
    return Uint8Array.of(...bytes, sum >> 8, sum & 0xff);
  };
  const step = (status: number): number =>
    scanner.machine
      .step({ type: 'data', bytes: packetOf(status) }, 5_000)
      .filter((effect) => effect.type === 'event').length;
  t.equal(step(0), 1);
  t.equal(step(1), 0, 'sent again');
  t.equal(step(0), 1, 'read again');
  t.end();
});

void t.test('SSI: whatever is lost or damaged on the way, each code is told once', async (t) => {
  const random = new SeededRandom(11);
  for (let day = 0; day < 5; day += 1) {
    const scanner = lab('scanner/ssi', { doubleReadMs: 0 });
    await scanner.pass(5_000);
    const codes: string[] = [];
    for (let at = 0; at < 12; at += 1) {
      const code = 'X'.repeat(random.below(600) + 1) + String(at);
      codes.push(code);
      if (random.chance(0.4)) scanner.device.command('deaf');
      if (random.chance(0.4)) scanner.device.command('damaged');
      scanner.device.command(`scan ${code}`);
      await scanner.pass(random.below(3_000) + 7_000);
    }
    t.strictSame(
      scanner.events.map((event) => event['data']),
      codes,
    );
    const outcome = await scanner.perform({ operation: 'disable' });
    t.match(outcome, { state: 'done', result: { confirmedBy: 'device' } });
  }
});

void t.test('SSI: a command that is lost is sent again, marked as that', async (t) => {
  const scanner = lab('scanner/ssi');
  await scanner.pass(1_000);
  scanner.device.command('deaf');
  t.match(await scanner.perform({ operation: 'disable' }), { state: 'done' });
  const sent = scanner.sent.map((bytes) => Buffer.from(bytes).toString('hex'));
  t.strictSame(
    sent.slice(-2).map((hex) => hex.slice(0, 8)),
    ['04ea0400', '04ea0401'],
  );
});

void t.test('SSI: a silent scanner is notReady, its jobs end, and it comes back', async (t) => {
  const scanner = lab('scanner/ssi');
  scanner.device.command('silent');
  await scanner.pass(20_000);
  t.match(scanner.conditions.at(-1), { state: 'notReady', reasons: ['SCAN_NO_ANSWER'] });
  const outcome = await scanner.perform({ operation: 'disable' });
  t.match(outcome, { state: 'refused', error: { code: 'PERIPHERAL_NOT_READY' } });
  scanner.device.command('silent off');
  t.match(await scanner.perform({ operation: 'enable' }), {
    ...{ state: 'done', result: { confirmedBy: 'device' } },
  });
  t.match(scanner.conditions.at(-1), { state: 'ready' });
});

void t.test('SSI: the probe knows a decoder and nothing else', (t) => {
  const probe = SCANNER_DRIVERS.find(({ id }) => id === 'scanner/ssi')?.probes[0];
  const answer: number[] = [];
  const device = SCANNER_SIMULATORS.find(({ kind }) => kind === 'scanner-ssi')?.create(
    {},
    {
      ...{ clock: { wallMs: () => 0, monotonicMs: () => 0 }, random: () => 0.5 },
      ...{ schedule: () => () => undefined, produced: () => undefined, unplug: () => undefined },
      send: (bytes) => void answer.push(...bytes),
    },
  );
  device?.receive(probe?.ask ?? new Uint8Array());
  t.match(probe?.recognise(Uint8Array.from(answer)), { score: 90 });
  t.equal(probe?.recognise(Uint8Array.from(Buffer.from('\x02?A\r\x02?A\r', 'latin1'))), undefined);
  t.end();
});

void t.test('HID-POS: a shifted AIM identifier, and a start report', async (t) => {
  const scanner = lab('scanner/hid-pos', { startReport: 'fe01' }, { shift: 'true' });
  await scanner.pass(100);
  scanner.device.command('scan 4006381333931');
  await scanner.pass(100);
  t.match(scanner.events, [{ aim: ']E0', data: '4006381333931' }]);
  t.strictSame(scanner.sent, [Uint8Array.of(0xfe, 0x01)]);
});
