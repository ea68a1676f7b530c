/**
 * A driver's session over a simulated device in virtual time: the real shell (run-session.ts), a
 * transport that never waits, and the device's script at hand.
 */
import { checkValue, withDefaults } from '../../config/check-value.ts';
import type { DriverDefinition } from '../../drivers/driver.ts';
import type { JobOutcome } from '../../drivers/job.ts';
import { runSession } from '../../drivers/run-session.ts';
import type { RunningSession, SessionEvents } from '../../drivers/run-session.ts';
import type { SessionMachine } from '../../drivers/session-machine.ts';
import type { SimulatedDevice, SimulatorDefinition } from '../../drivers/simulator.ts';
import type { Transport, TransportEnd } from '../../drivers/transport/transport.ts';
import { TillgateError } from '../../protocol/errors.ts';
import { VirtualTime } from '../sim/virtual-time.ts';
import { SeededRandom } from './seeded-random.ts';

type Effect = Parameters<SessionEvents['onEffect']>[0];

export interface SimulatedPeripheralOptions {
  readonly driver: DriverDefinition;
  readonly simulator: SimulatorDefinition;
  readonly options?: Readonly<Record<string, unknown>>;
  readonly simulatorOptions?: Readonly<Record<string, string>>;
  readonly seed?: number;
}

export class SimulatedPeripheral {
  readonly time = new VirtualTime();
  readonly effects: Effect[] = [];
  readonly device: SimulatedDevice;
  readonly session: RunningSession;
  readonly sent: Uint8Array[] = [];
  readonly received: Uint8Array[] = [];
  readonly machine: SessionMachine;
  end: TransportEnd | undefined;
  readonly #driver: DriverDefinition;
  #jobs = 0;

  constructor(options: SimulatedPeripheralOptions) {
    const { driver, simulator } = options;
    this.#driver = driver;
    const given = { ...simulator.driverOptions, ...options.options };
    const problems = checkValue(driver.options, given);
    if (problems.length > 0) throw new Error(JSON.stringify(problems));
    const filled = withDefaults(driver.options, given) as Record<string, unknown>;
    const clock = { wallMs: () => 1.7e12 + this.time.nowMs, monotonicMs: () => this.time.nowMs };
    const schedule = (callback: () => void, delayMs: number): (() => void) =>
      this.time.after(delayMs, callback);
    const line = new Line(this.sent);
    this.device = simulator.create(options.simulatorOptions ?? {}, {
      ...{ schedule, clock, random: new SeededRandom(options.seed ?? 1).next },
      send: (bytes) => {
        this.received.push(bytes);
        line.deliver(bytes);
      },
      produced: () => undefined,
      unplug: () => line.end('unplugged'),
    });
    line.device = this.device;
    this.machine = driver.createSession(filled, { wallMs: clock.wallMs, nowMs: this.time.nowMs });
    this.device.connected();
    const onEffect = (effect: Effect): void => void this.effects.push(effect);
    this.session = runSession({
      ...{ machine: this.machine, transport: line, clock, schedule },
      onEffect,
    });
    void this.session.closed.then((end) => (this.end = end));
  }

  /** Begins a job; `request` as it stands in the request on MQTT, without its id. */
  begin(request: Readonly<Record<string, unknown>>): Promise<JobOutcome> {
    const { operation: name, timeoutMs, ...members } = request;
    const operation = this.#driver.operations[String(name)];
    if (operation === undefined) throw new Error(`no operation ${String(name)}`);
    const parsed = operation.parse(members);
    if (!parsed.ok) return Promise.resolve({ state: 'refused', error: parsed.problem });
    const job = { jobId: `job-${++this.#jobs}`, operation: String(name), params: parsed.params };
    return this.session.perform(
      job,
      typeof timeoutMs === 'number' ? timeoutMs : operation.deadlineMs,
    );
  }

  /** Begins a job and lets time pass until it is settled. */
  async perform(request: Readonly<Record<string, unknown>>): Promise<JobOutcome> {
    let outcome: JobOutcome | undefined;
    void this.begin(request).then((settled) => (outcome = settled));
    await this.pass(0);
    await this.time.run(this.time.nowMs + 600_000, () => outcome !== undefined);
    if (outcome === undefined) throw new Error(`never settled: ${JSON.stringify(request)}`);
    return outcome;
  }

  async pass(durationMs: number): Promise<void> {
    // What was written just now is answered before the time goes on.
    await new Promise((resolve) => setImmediate(resolve));
    await this.time.run(this.time.nowMs + durationMs);
  }

  get conditions(): readonly unknown[] {
    return this.effects.flatMap((effect) =>
      effect.type === 'condition' ? [effect.condition] : [],
    );
  }

  get events(): readonly Readonly<Record<string, unknown>>[] {
    return this.effects.flatMap((effect) => (effect.type === 'event' ? [effect.event] : []));
  }
}

class Line implements Transport {
  readonly address = 'simulated';
  readonly closed: Promise<TransportEnd>;
  device: SimulatedDevice | undefined;
  readonly #sent: Uint8Array[];
  #listener: (bytes: Uint8Array) => void = () => undefined;
  #close: (end: TransportEnd) => void = () => undefined;
  #isClosed = false;

  constructor(sent: Uint8Array[]) {
    this.#sent = sent;
    this.closed = new Promise((resolve) => (this.#close = resolve));
  }

  onData(listener: (bytes: Uint8Array) => void): void {
    this.#listener = listener;
  }

  write(bytes: Uint8Array): Promise<void> {
    if (this.#isClosed) return Promise.reject(new TillgateError('TRANSPORT_CLOSED', 'closed'));
    this.#sent.push(bytes);
    // After the write has resolved, as a real line would.
    queueMicrotask(() => this.device?.receive(bytes));
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.end('requested');
    return Promise.resolve();
  }

  deliver(bytes: Uint8Array): void {
    if (!this.#isClosed) this.#listener(bytes);
  }

  end(reason: TransportEnd['reason']): void {
    this.#isClosed = true;
    this.#close({ reason });
  }
}
