/**
 * What every driver promises over its simulator, as one suite; and over real hardware where its
 * address is named by TILLGATE_HW_<DRIVER> (`TILLGATE_HW_SCALE_TOLEDO_8217=serial:/dev/…`), with
 * what only a person could do left out.
 *
 * The link to the simulator is in memory, so that thousands of bad days cost no time; carriers and
 * transports have suites of their own.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Test } from 'tap';
import { checkValue, withDefaults } from '../config/check-value.ts';
import { beginStage, optionsOf, simulatedStage } from './driver-stage.ts';
import type { DriverSubject } from './driver-stage.ts';
import type { Candidate } from './driver.ts';
import { matchCandidate } from './match.ts';
import type { SimulatorDefinition } from './simulator.ts';
import type { OpenTransport } from './transport/transport.ts';

export interface DriverUnderTest extends DriverSubject {
  /** Missing for a driver that has none: that is a failure. */
  readonly simulator: SimulatorDefinition | undefined;
  /** Where real hardware of this driver is; undefined leaves it out in plain sight. */
  readonly hardware?: { readonly address: string; readonly open: OpenTransport } | undefined;
}

const NOISE_BYTES = 2 * 1024 * 1024;
const WARMING_BYTES = 512 * 1024;
const NOISE_TRIES = 3;
const NOISE_CHUNK_BYTES = 4 * 1024;
/** What megabytes of noise may leave behind; a framer holds kilobytes. */
const GROWTH_BYTES_MAX = 1024 * 1024;

/** `scale/toledo-8217` → `TILLGATE_HW_SCALE_TOLEDO_8217` */
export function hardwareVariable(driverId: string): string {
  return `TILLGATE_HW_${driverId.replace(/[^a-z0-9]+/g, '_').toUpperCase()}`;
}

export function driverContract(t: Test, subject: DriverUnderTest): void {
  const { driver, simulator } = subject;
  factTests(t, subject);
  if (simulator === undefined) {
    void t.test(`${driver.id} has a simulator`, (t) => {
      t.fail('every driver ships one: add it to drivers/simulators.ts');
      t.end();
    });
  } else {
    simulatorTests(t, subject, simulator);
    badDayTests(t, subject, simulator);
    wrongAnswerTests(t, subject, simulator);
  }
  hardwareTest(t, subject);
}

function factTests(t: Test, { driver, simulator }: DriverUnderTest): void {
  void t.test(`${driver.id}: its facts hold together`, (t) => {
    t.match(driver.id, /^[a-z][a-z0-9-]*\/[a-z0-9][a-z0-9-]*$/);
    t.ok(driver.transports.length > 0, 'it can be opened somehow');
    t.same(checkValue(driver.options, withDefaults(driver.options, {})), [], 'defaults are valid');
    for (const fingerprint of driver.fingerprints) {
      t.ok(fingerprint.score >= 1 && fingerprint.score <= 100, fingerprint.evidence);
      const options = withDefaults(driver.options, { ...fingerprint.options });
      t.same(checkValue(driver.options, options), [], fingerprint.evidence);
    }
    for (const probe of driver.probes) {
      t.equal(probe.recognise(new Uint8Array()), undefined, `${probe.name}: silence is nothing`);
      const noise = Uint8Array.from({ length: 64 }, (_, at) => (at * 37) & 0xff);
      t.equal(probe.recognise(noise), undefined, `${probe.name}: noise is nothing`);
    }
    for (const [name, operation] of Object.entries(driver.operations)) {
      t.ok(operation.deadlineMs <= operation.deadlineMsMax, name);
      const parsed = operation.parse({ nonsense: Symbol('nonsense'), timeoutMs: null });
      t.type(parsed.ok, 'boolean', `${name}: parsing is total`);
    }
    if (driver.testOperation !== undefined) {
      t.ok(Object.hasOwn(driver.operations, driver.testOperation), driver.testOperation);
    }
    if (simulator !== undefined) {
      t.equal(simulator.driver, driver.id);
      const options = withDefaults(driver.options, { ...simulator.driverOptions });
      t.same(checkValue(driver.options, options), [], 'the options of its simulator are valid');
    }
    const strange: Candidate = { kind: 'serial', address: 'serial:/dev/ttyS0' };
    t.not(matchCandidate(strange, [driver]).type, 'match', 'a bare port is nobody’s');
    t.end();
  });
}

function simulatorTests(t: Test, subject: DriverUnderTest, simulator: SimulatorDefinition): void {
  const { driver } = subject;
  void t.test(`${driver.id}: opened, it says what state it is in`, async (t) => {
    const stage = await simulatedStage(t, { subject, simulator });
    t.ok(await stage.condition(), 'a condition came');
    await stage.session.close();
    t.same(await stage.session.closed, { reason: 'requested' });
  });

  for (const name of Object.keys(driver.operations)) {
    void t.test(`${driver.id}: ${name} answers`, async (t) => {
      const stage = await simulatedStage(t, { subject, simulator });
      await stage.condition();
      const outcome = await stage.ask(name);
      t.match(outcome.state, /^(done|refused|unknown)$/);
      if (outcome.state !== 'done') t.match(outcome.error, { code: /^[A-Z_]+$/, hint: /\S/ });
      if (outcome.state === 'unknown')
        t.ok(driver.operations[name]?.isPhysical, 'only the physical');
      await stage.session.close();
    });
  }

  void t.test(`${driver.id}: what passes can be explained`, async (t) => {
    const explain = driver.createExplain(optionsOf(driver, simulator));
    for (const bytes of [new Uint8Array(), noise(subject.random, 512)]) {
      for (const direction of ['in', 'out'] as const) {
        t.ok(explain(direction, bytes).every((line) => typeof line === 'string'));
      }
    }
    await Promise.resolve();
  });
}

function badDayTests(t: Test, subject: DriverUnderTest, simulator: SimulatorDefinition): void {
  const { driver, random } = subject;
  void t.test(`${driver.id}: pulled out in the middle, every job ends`, async (t) => {
    for (const name of Object.keys(driver.operations)) {
      const stage = await simulatedStage(t, { subject, simulator });
      await stage.condition();
      const jobs = [stage.ask(name), stage.ask(name), stage.ask(name)];
      stage.link.unplug();
      for (const outcome of await Promise.all(jobs)) t.match(outcome.state, /done|refused|unknown/);
      t.equal((await stage.session.closed).reason, 'unplugged');
      const late = await stage.ask(name);
      t.match(late, { state: 'refused', error: { code: 'PERIPHERAL_ABSENT' } });
    }
  });

  void t.test(`${driver.id}: megabytes of noise neither throw nor stay`, async (t) => {
    const stage = await simulatedStage(t, { subject, simulator });
    await stage.condition();
    const hear = async (bytes: number): Promise<number> => {
      for (let sent = 0; sent < bytes; sent += NOISE_CHUNK_BYTES) {
        stage.link.toGateway(noise(random, NOISE_CHUNK_BYTES));
        stage.told.length = 0;
      }
      await new Promise((resolve) => setImmediate(resolve));
      return heldBytes();
    };
    const grown = await leastGrowth(hear);
    t.ok(grown < GROWTH_BYTES_MAX, `it holds ${grown} bytes more`);
    const name = driver.testOperation ?? Object.keys(driver.operations)[0];
    if (name !== undefined) t.match((await stage.ask(name)).state, /done|refused|unknown/);
    await stage.session.close();
    const end = await stage.session.closed;
    // A driver may give the port up over noise; it may not have made a mistake of ours out of it.
    t.not(end.error?.cause instanceof Error, true, String(end.error?.cause));
  });
}

/**
 * What the first noise leaves is compiled code and the like, which may still come later; what noise
 * leaves each time is a leak.
 */
async function leastGrowth(hear: (bytes: number) => Promise<number>): Promise<number> {
  let before = await hear(WARMING_BYTES);
  let grown = Infinity;
  for (let tries = 0; tries < NOISE_TRIES && grown >= GROWTH_BYTES_MAX; tries++) {
    const after = await hear(NOISE_BYTES);
    grown = after - before;
    before = after;
  }
  return grown;
}

function wrongAnswerTests(t: Test, subject: DriverUnderTest, simulator: SimulatorDefinition): void {
  const { driver } = subject;
  const days = {
    'answers that are garbage end': wrongBits,
    'a device that says nothing ends': silence,
  };
  for (const [what, garble] of Object.entries(days)) {
    void t.test(`${driver.id}: ${what} within the deadline`, async (t) => {
      // Each with a device of its own, so that all wait at once.
      const asked = Object.keys(driver.operations).map(async (name) => {
        const stage = await simulatedStage(t, { subject, simulator, garble });
        t.match((await stage.ask(name)).state, /done|refused|unknown/, name);
        await stage.session.close();
      });
      await Promise.all(asked);
    });
  }
}

function hardwareTest(t: Test, subject: DriverUnderTest): void {
  const { driver, hardware } = subject;
  const variable = hardwareVariable(driver.id);
  if (hardware === undefined) {
    void t.test(
      `${driver.id} on hardware`,
      { skip: `set ${variable} to its address` },
      () => undefined,
    );
    return;
  }
  void t.test(`${driver.id} on hardware at ${hardware.address}`, async (t) => {
    const options = withDefaults(driver.options, {}) as Readonly<Record<string, unknown>>;
    const line = driver.line?.(options);
    const transport = await hardware.open(hardware.address, line === undefined ? {} : { line });
    const stage = beginStage(subject, transport, options);
    t.ok(await stage.condition(), 'it says what state it is in');
    if (driver.testOperation !== undefined) {
      const outcome = await stage.ask(
        driver.testOperation,
        driver.operations[driver.testOperation]?.deadlineMs,
      );
      t.match(outcome, { state: 'done' });
    }
    await stage.session.close();
  });
}

/** As a wrong baud rate makes them: as many, and none right. */
function wrongBits(bytes: Uint8Array): Uint8Array {
  return bytes.map((byte) => byte ^ 0x5a);
}

function silence(): Uint8Array {
  return new Uint8Array();
}

/** What is reachable: garbage is collected first, or it would hide what a driver keeps. */
function heldBytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function noise(random: () => number, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => Math.floor(random() * 256));
}
