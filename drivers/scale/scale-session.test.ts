/** Every scale driver against its simulator, in virtual time: the days of a scale, good and bad. */
import t from 'tap';
import { SimulatedPeripheral } from '../../test/support/simulated-peripheral.ts';
import type { DriverDefinition } from '../driver.ts';
import type { JobOutcome } from '../job.ts';
import { SCALE_DRIVERS } from './scale-drivers.ts';
import { SCALE_SIMULATORS } from './scale-simulator.ts';

type Lab = SimulatedPeripheral;

function lab(
  driver: DriverDefinition,
  options: Readonly<Record<string, unknown>> = {},
  simulatorOptions: Readonly<Record<string, string>> = {},
): Lab {
  const simulator = SCALE_SIMULATORS.find((known) => known.driver === driver.id);
  if (simulator === undefined) throw new Error(`no simulator for ${driver.id}`);
  return new SimulatedPeripheral({ driver, simulator, options, simulatorOptions });
}

/** Dialog 06 needs a price; the others take no notice of it. */
const READ = { operation: 'read', unitPrice: { value: 199, scale: 2 } };
const kg = (value: number): object => ({ value, scale: 3, unit: 'kg' });

function resultOf(outcome: JobOutcome): Readonly<Record<string, unknown>> {
  if (outcome.state !== 'done') throw new Error(JSON.stringify(outcome));
  return outcome.result;
}

function refusalOf(outcome: JobOutcome): { code: string; reasons: readonly string[] | undefined } {
  if (outcome.state === 'done') throw new Error(JSON.stringify(outcome));
  return { code: outcome.error.code, reasons: outcome.error.reasons };
}

for (const driver of SCALE_DRIVERS) {
  void t.test(`${driver.id}: a weight at rest is read once it rests`, async (t) => {
    const scale = lab(driver);
    await scale.pass(1_000);
    t.match(scale.conditions.at(-1), { state: 'ready' });
    scale.device.command('weigh 1.250 kg');
    const before = scale.time.nowMs;
    const result = resultOf(await scale.perform(READ));
    t.match(result, { weight: kg(1250), net: kg(1250) });
    t.match(result['rawSha256'], /^[0-9a-f]{64}$/);
    t.ok(scale.time.nowMs - before >= 600, 'not while it moved');
    t.ok(scale.time.nowMs - before < 2_000, 'soon after it rested');
  });

  void t.test(`${driver.id}: motion without end is refused at the deadline`, async (t) => {
    const scale = lab(driver);
    await scale.pass(1_000);
    scale.device.command('weigh 1.250 kg');
    scale.device.command('motion');
    const before = scale.time.nowMs;
    const outcome = await scale.perform({ ...READ, timeoutMs: 3_000 });
    t.strictSame(refusalOf(outcome), {
      code: 'JOB_EXPIRED',
      reasons: ['SCAL_SUE_WEIGHT_UNSTABLE'],
    });
    t.equal(scale.time.nowMs - before, 3_000);
    scale.device.command('settle');
    t.match(resultOf(await scale.perform(READ)), { weight: kg(1250) }, 'works again by itself');
  });

  void t.test(`${driver.id}: the same goods are not sold twice`, async (t) => {
    const scale = lab(driver);
    await scale.pass(1_000);
    scale.device.command('weigh 0.500 kg');
    resultOf(await scale.perform(READ));
    const again = await scale.perform({ ...READ, timeoutMs: 3_000 });
    t.strictSame(refusalOf(again), { code: 'JOB_EXPIRED', reasons: ['SCALE_NO_ZERO_RETURN'] });
    const waiting = scale.begin({ ...READ, timeoutMs: 20_000 });
    scale.device.command('zero');
    await scale.pass(2_000);
    scale.device.command('weigh 0.500 kg');
    await scale.pass(3_000);
    t.match(resultOf(await waiting), { weight: kg(500) }, 'after it was empty they are');
  });

  void t.test(`${driver.id}: nothing, too much and less than nothing are named`, async (t) => {
    const scale = lab(driver);
    await scale.pass(1_000);
    const reasonOf = async (): Promise<readonly string[] | undefined> =>
      refusalOf(await scale.perform({ ...READ, timeoutMs: 3_000 })).reasons;
    const nothing = await reasonOf();
    t.match(nothing?.join(), /^(SCAL_SUE_WEIGHT_ZERO|SCALE_UNDERWEIGHT)$/);
    scale.device.command('overload');
    t.strictSame(await reasonOf(), ['SCAL_SUE_WEIGHT_OVERWEIGHT']);
    t.match(scale.conditions.at(-1), { reasons: ['SCAL_SUE_WEIGHT_OVERWEIGHT'] });
    scale.device.command('negative');
    t.strictSame(await reasonOf(), ['SCAL_SUE_WEIGHT_UNDER_ZERO']);
    scale.device.command('zero');
    await scale.pass(2_000);
    t.match(scale.conditions.at(-1), { state: 'ready', reasons: [] });
  });

  void t.test(`${driver.id}: a silent scale is notReady, then the session ends`, async (t) => {
    const scale = lab(driver);
    await scale.pass(1_000);
    scale.device.command('silent');
    const reading = scale.begin(READ);
    await scale.pass(5_000);
    t.match(scale.conditions.at(-1), { state: 'notReady', reasons: ['SCAL_SUE_NOT_READY'] });
    t.equal(scale.end, undefined);
    await scale.pass(10_000);
    t.match(scale.end, { reason: 'fault', error: { code: 'PERIPHERAL_FAULT' } });
    t.equal((await reading).state, 'refused');
  });

  void t.test(`${driver.id}: noise and slowness cost time and nothing else`, async (t) => {
    const scale = lab(driver);
    await scale.pass(1_000);
    scale.device.command('noise');
    scale.device.command('slow');
    scale.device.command('weigh 0.755 kg');
    t.match(resultOf(await scale.perform(READ)), { weight: kg(755) });
    t.ok(scale.effects.some((effect) => effect.type === 'discarded'));
  });

  void t.test(`${driver.id}: much noise holds no memory and ends nothing`, async (t) => {
    const scale = lab(driver);
    await scale.pass(1_000);
    // A megabyte where it costs least; the framers' caps are tested by themselves.
    const count = driver.id === 'scale/toledo-8217' ? 1_048_576 : 131_072;
    scale.device.command(`garbage ${count}`);
    const discarded = scale.effects.flatMap((effect) =>
      effect.type === 'discarded' ? [effect.bytes.length] : [],
    );
    const total = discarded.reduce((sum, length) => sum + length, 0);
    t.ok(total > 0.9 * count, `${total} bytes were told as noise`);
    scale.device.command('zero');
    await scale.pass(3_000);
    scale.device.command('weigh 0.300 kg');
    t.match(resultOf(await scale.perform(READ)), { weight: kg(300) });
  });

  void t.test(`${driver.id}: pulled out while a job waits`, async (t) => {
    const scale = lab(driver);
    await scale.pass(1_000);
    const reading = scale.begin(READ);
    await scale.pass(500);
    scale.device.command('unplug');
    await scale.pass(10);
    t.match(await reading, { state: 'refused', error: { code: 'PERIPHERAL_ABSENT' } });
    t.match(scale.end, { reason: 'unplugged' });
  });

  void t.test(`${driver.id}: live weights come at a bounded rate and end`, async (t) => {
    const scale = lab(driver, { pollMs: 50 });
    await scale.pass(1_000);
    resultOf(await scale.perform({ operation: 'live', durationMs: 5_000 }));
    scale.device.command('weigh 2.000 kg');
    scale.device.command('motion');
    await scale.pass(5_000);
    const during = scale.events.length;
    t.ok(during >= 1 && during <= 26, `${during} events`);
    t.ok(scale.events.every((event) => event['type'] === 'weight'));
    scale.device.command('settle');
    await scale.pass(5_000);
    t.equal(scale.events.length, during, 'none after its time');
  });

  void t.test(`${driver.id}: more jobs than the queue holds are refused as busy`, async (t) => {
    const scale = lab(driver);
    await scale.pass(1_000);
    const jobs = Array.from({ length: 10 }, () => scale.begin({ ...READ, timeoutMs: 2_000 }));
    await scale.pass(3_000);
    const outcomes = await Promise.all(jobs);
    t.ok(outcomes.every((outcome) => outcome.state === 'refused'));
    const busy = outcomes.filter((outcome) => refusalOf(outcome).code === 'PERIPHERAL_BUSY');
    t.equal(busy.length, 2);
  });

  void t.test(`${driver.id}: status tells what is known without asking`, async (t) => {
    const scale = lab(driver);
    await scale.pass(1_000);
    const status = resultOf(await scale.perform({ operation: 'status' }));
    t.match(status, { state: 'ready', reasons: [], needsZero: false });
  });
}

const [sics, toledo, nci, dialog] = SCALE_DRIVERS;
if (sics === undefined || toledo === undefined || nci === undefined || dialog === undefined) {
  throw new Error('a driver is missing');
}

for (const driver of [sics, toledo, nci]) {
  void t.test(`${driver.id}: zero and tare are confirmed by the scale`, async (t) => {
    const scale = lab(driver);
    await scale.pass(1_000);
    scale.device.command('weigh 0.025 kg');
    await scale.pass(1_000);
    t.match(await scale.perform({ operation: 'tare' }), { state: 'done' });
    scale.device.command('weigh 1.025 kg');
    const result = resultOf(await scale.perform(READ));
    t.match(result, { weight: kg(1000) }, 'the scale took it off');
    scale.device.command('weigh 0.025 kg');
    await scale.pass(1_000);
    t.match(await scale.perform({ operation: 'zero' }), { state: 'done' });
  });

  void t.test(`${driver.id}: a key that the scale refuses is refused`, async (t) => {
    const scale = lab(driver);
    await scale.pass(1_000);
    scale.device.command('weigh 1.000 kg');
    scale.device.command('motion');
    const outcome = await scale.perform({ operation: 'zero', timeoutMs: 3_000 });
    t.match(outcome, { state: 'refused', error: { code: 'PERIPHERAL_NOT_READY' } });
  });

  void t.test(
    `${driver.id}: a key without an answer is unknown and not pressed twice`,
    async (t) => {
      const scale = lab(driver);
      await scale.pass(1_000);
      scale.device.command('silent');
      const outcome = await scale.perform({ operation: 'zero', timeoutMs: 3_000 });
      t.match(outcome, { state: 'unknown', error: { code: 'JOB_EXPIRED' } });
      const presses = scale.sent.filter((bytes) => bytes[0] === 0x5a);
      t.equal(presses.length, 1);
    },
  );

  void t.test(`${driver.id}: a tare of the job is taken off exactly`, async (t) => {
    const scale = lab(driver);
    await scale.pass(1_000);
    scale.device.command('weigh 1.250 kg');
    const tare = { value: 25, scale: 0, unit: 'g' };
    const result = resultOf(await scale.perform({ operation: 'read', tare }));
    t.match(result, { weight: kg(1250), net: kg(1225), tare });
  });
}

void t.test('MT-SICS: the identity is told, and a known tare is set and cleared', async (t) => {
  const scale = lab(sics);
  await scale.pass(1_000);
  const identity = scale.effects.findLast((effect) => effect.type === 'identity');
  t.match(identity, { identity: { maker: 'Mettler-Toledo', serialNumber: 'SIM-0001' } });
  const weight = { value: 200, scale: 3, unit: 'kg' };
  t.match(await scale.perform({ operation: 'tare', weight }), { state: 'done' });
  t.match(await scale.perform({ operation: 'tare', clear: true }), { state: 'done' });
});

void t.test('8217: a known tare of whole grams is set, any other is refused', async (t) => {
  const scale = lab(toledo);
  await scale.pass(1_000);
  const weight = { value: 250, scale: 3, unit: 'kg' };
  t.match(await scale.perform({ operation: 'tare', weight }), { state: 'done' });
  scale.device.command('weigh 1.250 kg');
  t.match(resultOf(await scale.perform(READ)), { weight: kg(1000), netByScale: true });
  t.match(await scale.perform({ operation: 'tare', clear: true }), { state: 'done' });
  const odd = await scale.perform({
    operation: 'tare',
    weight: { value: 5, scale: 4, unit: 'kg' },
  });
  t.match(odd, { state: 'refused', error: { code: 'JOB_INVALID', path: '/weight' } });
  const byNci = lab(nci);
  await byNci.pass(1_000);
  t.match(await byNci.perform({ operation: 'tare', weight }), {
    ...{ state: 'refused', error: { code: 'JOB_INVALID', path: '/weight' } },
  });
});

void t.test('a unit that does not convert exactly is refused at once', async (t) => {
  const scale = lab(nci, { unit: 'kg' }, { unit: 'lb' });
  await scale.pass(1_000);
  scale.device.command('weigh 1.250 lb');
  const outcome = await scale.perform({ ...READ, timeoutMs: 10_000 });
  t.match(outcome, { state: 'refused', error: { code: 'SCALE_UNIT' } });
  t.ok(scale.time.nowMs < 5_000, 'not only at the deadline');
});

void t.test('a unit that converts exactly is told in the configured one', async (t) => {
  const scale = lab(sics, { unit: 'kg' }, { unit: 'g' });
  await scale.pass(1_000);
  scale.device.command('weigh 250.5 g');
  const result = resultOf(await scale.perform({ operation: 'read' }));
  t.match(result, { weight: { value: 2505, scale: 4, unit: 'kg' } });
});

void t.test('Dialog 06: weight and price come from the scale, tare goes to it', async (t) => {
  const scale = lab(dialog);
  await scale.pass(1_000);
  scale.device.command('weigh 1.250 kg');
  const tare = { value: 250, scale: 3, unit: 'kg' };
  const result = resultOf(await scale.perform({ ...READ, tare }));
  t.match(result, {
    ...{ weight: kg(1000), net: kg(1000), netByScale: true },
    ...{ unitPrice: { value: 199, scale: 2 }, price: { value: 199, scale: 2 } },
  });
});

void t.test('Dialog 06: without a price, and with one that does not fit', async (t) => {
  const scale = lab(dialog);
  await scale.pass(1_000);
  const without = await scale.perform({ operation: 'read' });
  t.match(without, { state: 'refused', error: { code: 'JOB_INVALID', path: '/unitPrice' } });
  const unitPrice = { value: 12_345_678, scale: 2 };
  const large = await scale.perform({ operation: 'read', unitPrice });
  t.match(large, { state: 'refused', error: { code: 'JOB_INVALID', path: '/unitPrice' } });
  const zero = await scale.perform({ operation: 'read', unitPrice: { value: 0, scale: 2 } });
  t.match(zero, { state: 'refused', error: { code: 'JOB_INVALID', path: '/unitPrice' } });
});

void t.test('Dialog 06: the checksum challenge is refused by name', async (t) => {
  const scale = lab(dialog, {}, { challenge: 'true' });
  await scale.pass(1_000);
  scale.device.command('weigh 1.250 kg');
  const outcome = await scale.perform(READ);
  t.match(outcome, { state: 'refused', error: { code: 'SCALE_CHALLENGE' } });
});

void t.test('requests that cannot be read name their member', async (t) => {
  const scale = lab(sics);
  const wrong: [Readonly<Record<string, unknown>>, string][] = [
    [{ operation: 'read', tare: { value: 1.5, scale: 3, unit: 'kg' } }, '/tare'],
    [{ operation: 'read', tare: { value: 1, scale: 3, unit: 'stone' } }, '/tare'],
    [{ operation: 'read', unitPrice: 'dear' }, '/unitPrice'],
    [{ operation: 'read', colour: 'red' }, '/colour'],
    [{ operation: 'live', durationMs: -1 }, '/durationMs'],
    [{ operation: 'tare', clear: false }, '/clear'],
    [{ operation: 'tare', weight: null }, '/weight'],
    [{ operation: 'zero', now: true }, '/now'],
  ];
  for (const [request, path] of wrong) {
    const outcome = await scale.perform(request);
    t.match(outcome, { state: 'refused', error: { code: 'JOB_INVALID', path } });
  }
  const tare = { value: 1, scale: 2, unit: 'lb' };
  t.match(await scale.perform({ operation: 'read', tare }), {
    ...{ state: 'refused', error: { code: 'JOB_INVALID', path: '/tare' } },
  });
});

void t.test('explain says each record in words', (t) => {
  const explain = sics.createExplain({});
  t.match(explain('out', Buffer.from('SI\r\n'))[0], /asks for the weight/);
  t.match(explain('in', Buffer.from('S S     1.250 kg\r\n'))[0], /1\.250 kg, at rest/);
  const byToledo = toledo.createExplain({ unit: 'kg' });
  t.match(byToledo('in', Buffer.from('\x02?A\r', 'latin1'))[0], /moving/);
  const byDialog = dialog.createExplain({ unit: 'kg', weightDecimals: 3, priceDecimals: 2 });
  t.match(byDialog('in', Buffer.from('\x0209\x1b21\x03', 'latin1'))[0], /not moved/);
  t.match(nci.createExplain({})('in', Buffer.from('\n?\r\x03', 'latin1'))[0], /does not know/);
  t.end();
});
