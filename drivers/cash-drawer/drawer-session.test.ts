import t from 'tap';
import { VirtualTime } from '../../test/sim/virtual-time.ts';
import { PrintingWorld } from '../../test/printing/printing-world.ts';
import { SeededRandom } from '../../test/support/seeded-random.ts';
import { SimulatedLine } from '../../test/support/simulated-line.ts';
import type { DriverDefinition } from '../driver.ts';
import type { JobOutcome } from '../job.ts';
import type { SessionEffect, SessionInput } from '../session-machine.ts';
import { printerDrawer } from './printer-drawer.ts';
import { serialDrawer } from './serial-drawer.ts';
import { drawerSimulator } from './simulator/drawer-simulator.ts';

/** One machine, its clock, and somebody who writes down what it does. */
class Drawer {
  readonly time = new VirtualTime();
  readonly events: object[] = [];
  readonly outcomes = new Map<string, JobOutcome>();
  reasons: readonly string[] = [];
  onWrite: (bytes: Uint8Array) => void = () => undefined;
  readonly #machine;
  readonly #timers = new Map<string, () => void>();

  constructor(driver: DriverDefinition, options: Record<string, unknown> = {}) {
    this.#machine = driver.createSession(options, { wallMs: () => 0, nowMs: 0 });
  }

  step(input: SessionInput): void {
    for (const effect of this.#machine.step(input, this.time.nowMs)) this.#carryOut(effect);
  }

  level(value: 0 | 1): void {
    this.step({ type: 'data', bytes: Uint8Array.of(value) });
  }

  job(jobId: string, operation: string, params: object = {}): void {
    this.step({ type: 'job', job: { jobId, operation, params } });
  }

  run(forMs: number): Promise<void> {
    return this.time.run(this.time.nowMs + forMs);
  }

  #carryOut(effect: SessionEffect): void {
    if (effect.type === 'write') this.onWrite(effect.bytes);
    else if (effect.type === 'event') this.events.push(effect.event);
    else if (effect.type === 'settle') this.outcomes.set(effect.jobId, effect.outcome);
    else if (effect.type === 'condition') this.reasons = effect.condition.reasons;
    else if (effect.type === 'stopTimer') this.#timers.get(effect.name)?.();
    else if (effect.type === 'timer') {
      const { name, afterMs } = effect;
      this.#timers.get(name)?.();
      this.#timers.set(
        name,
        this.time.after(afterMs, () => this.step({ type: 'timer', name })),
      );
    }
  }
}

void t.test('polarity is learnt from an opening, whichever way it is wired', async (t) => {
  for (const [closed, open, name] of [
    [0, 1, 'high'],
    [1, 0, 'low'],
  ] as const) {
    const drawer = new Drawer(printerDrawer);
    drawer.step({ type: 'opened' });
    drawer.level(closed);
    t.strictSame(drawer.reasons, []);
    drawer.job('a', 'open', { reason: 'change' });
    await drawer.run(200);
    drawer.level(open);
    t.strictSame(drawer.outcomes.get('a'), {
      state: 'done',
      result: { confirmed: true, learned: name },
    });
    t.strictSame(drawer.reasons, ['CASH_SUE_DRAWEROPEN']);
    t.match(drawer.events, [{ type: 'drawerOpened', byJob: true, jobId: 'a', reason: 'change' }]);
    await drawer.run(5_000);
    drawer.level(closed);
    t.match(drawer.events[1], { type: 'drawerClosed', openForMs: 5_000 });
    t.strictSame(drawer.reasons, ['CASH_SUE_DRAWERCLOSED']);
  }
});

void t.test('a level that changes without a pulse teaches nothing', async (t) => {
  const drawer = new Drawer(printerDrawer);
  drawer.step({ type: 'opened' });
  drawer.level(0);
  drawer.level(1);
  await drawer.run(100);
  t.strictSame(drawer.events, []);
  drawer.job('s', 'status');
  t.match(drawer.outcomes.get('s'), { result: { isOpen: null, level: 'high', openLevel: null } });
});

void t.test(
  'a pulse that changes nothing is unconfirmed, or unknown once the meaning is known',
  async (t) => {
    const unclear = new Drawer(printerDrawer);
    unclear.step({ type: 'opened' });
    unclear.level(0);
    unclear.job('a', 'open');
    await unclear.run(3_000);
    t.match(unclear.outcomes.get('a'), { state: 'done', result: { confirmed: false } });
    const known = new Drawer(printerDrawer, { openLevel: 'high' });
    known.step({ type: 'opened' });
    known.level(0);
    known.job('a', 'open');
    await known.run(3_000);
    t.match(known.outcomes.get('a'), { state: 'unknown', error: { code: 'PERIPHERAL_FAULT' } });
  },
);

void t.test('opened by a key and open for too long are events', async (t) => {
  const drawer = new Drawer(printerDrawer, { openLevel: 'high', openTooLongMs: 10_000 });
  drawer.step({ type: 'opened' });
  drawer.level(0);
  await drawer.run(1_000);
  drawer.level(1);
  t.match(drawer.events, [{ type: 'drawerOpened', byJob: false }]);
  await drawer.run(30_000);
  t.match(drawer.events.slice(1), [{ type: 'drawerOpenTooLong', openForMs: 10_000 }]);
});

void t.test('waits until it is closed', async (t) => {
  const drawer = new Drawer(printerDrawer, { openLevel: 'low' });
  drawer.step({ type: 'opened' });
  drawer.level(0);
  drawer.job('w', 'waitUntilClosed');
  await drawer.run(500);
  t.equal(drawer.outcomes.get('w'), undefined);
  drawer.level(1);
  t.strictSame(drawer.outcomes.get('w'), { state: 'done', result: { closed: true } });
  drawer.level(0);
  drawer.job('late', 'waitUntilClosed');
  drawer.step({ type: 'expired', jobId: 'late' });
  t.match(drawer.outcomes.get('late'), { state: 'refused', error: { code: 'JOB_EXPIRED' } });
  const dumb = new Drawer(printerDrawer);
  dumb.job('w', 'waitUntilClosed');
  t.match(dumb.outcomes.get('w'), { state: 'refused', error: { code: 'PERIPHERAL_NOT_READY' } });
});

void t.test('one opening after the other, and every job is settled at the end', (t) => {
  const drawer = new Drawer(printerDrawer, { openLevel: 'high' });
  const kicks: number[] = [];
  drawer.onWrite = ([, on = 0]) => on > 0 && kicks.push(on);
  drawer.step({ type: 'opened' });
  drawer.level(0);
  for (let number = 0; number < 10; number += 1) drawer.job(`j${number}`, 'open');
  t.equal(kicks.length, 1);
  t.match(drawer.outcomes.get('j9'), { state: 'refused', error: { code: 'PERIPHERAL_BUSY' } });
  drawer.step({ type: 'closed', reason: 'unplugged' });
  t.equal(drawer.outcomes.get('j0')?.state, 'unknown');
  t.equal(drawer.outcomes.get('j1')?.state, 'refused');
  t.equal(drawer.outcomes.size, 10);
  t.end();
});

void t.test('modem lines tell of a serial drawer', async (t) => {
  const drawer = new Drawer(serialDrawer, { status: 'dsr', trigger: '1b70' });
  const sent: number[] = [];
  drawer.onWrite = (bytes) => sent.push(...bytes);
  drawer.step({ type: 'opened' });
  const lines = { cts: true, dsr: false, dcd: true };
  drawer.step({ type: 'lines', lines });
  drawer.job('a', 'open');
  await drawer.run(100);
  drawer.step({ type: 'lines', lines: { ...lines, dsr: true } });
  t.match(drawer.outcomes.get('a'), {
    state: 'done',
    result: { confirmed: true, learned: 'high' },
  });
  t.strictSame(sent, [0x1b, 0x70]);
});

void t.test('a serial drawer that says nothing is opened without confirmation', (t) => {
  const drawer = new Drawer(serialDrawer);
  drawer.step({ type: 'opened' });
  drawer.job('a', 'open');
  t.match(drawer.outcomes.get('a'), { state: 'done', result: { confirmed: false } });
  t.end();
});

void t.test('the simulated serial drawer and its driver understand each other', async (t) => {
  const drawer = new Drawer(serialDrawer, drawerSimulator.driverOptions);
  const line = new SimulatedLine({
    ...{ time: drawer.time, random: new SeededRandom(1), bytesPerMs: 1 },
    create: (context) => drawerSimulator.create({}, context),
  });
  const transport = line.open();
  drawer.onWrite = (bytes) => void transport.write(bytes);
  transport.onData((bytes) => drawer.step({ type: 'data', bytes }));
  drawer.step({ type: 'opened' });
  await drawer.run(1_000);
  drawer.job('a', 'open');
  await drawer.run(1_000);
  t.match(drawer.outcomes.get('a'), { state: 'done', result: { confirmed: true } });
  line.device.command('close');
  await drawer.run(1_000);
  line.device.command('lock');
  drawer.job('b', 'open');
  await drawer.run(3_000);
  t.equal(drawer.outcomes.get('b')?.state, 'unknown');
});

void t.test('a drawer on a printer opens while the paper is out, and is learnt', async (t) => {
  for (const wiring of ['high', 'low']) {
    const world = new PrintingWorld({ kind: 'epson' });
    world.printer.command(`drawer wiring ${wiring}`);
    await world.run(3_000);
    const drawer = new Drawer(printerDrawer);
    drawer.onWrite = (bytes) => world.session?.toPort(bytes);
    const seen = { effects: world.effects.length };
    const pass = async (forMs: number): Promise<void> => {
      for (let passed = 0; passed < forMs; passed += 20) {
        await world.run(20);
        await drawer.run(20);
        for (const effect of world.effects.slice(seen.effects)) {
          if (effect.type === 'port') drawer.step({ type: 'data', bytes: effect.bytes });
        }
        seen.effects = world.effects.length;
      }
    };
    drawer.step({ type: 'opened' });
    await pass(500);
    world.printer.command('paper out');
    await pass(100);
    drawer.job('a', 'open');
    await pass(1_000);
    t.match(drawer.outcomes.get('a'), {
      state: 'done',
      result: { confirmed: true, learned: wiring },
    });
    world.printer.command('drawer close');
    await pass(500);
    t.match(drawer.events.at(-1), { type: 'drawerClosed' });
  }
});
