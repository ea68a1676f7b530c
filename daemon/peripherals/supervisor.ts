/**
 * Keeps one peripheral going: finds it, opens it, runs a session with it, and begins anew with
 * back-off when that ends, for as long as it is configured. Whatever fails here stays here.
 *
 * Leaves out: jobs (job-queue.ts asks for the session), and what is published.
 */
import { runSession, type RunningSession } from '../../drivers/run-session.ts';
import type {
  DeviceIdentity,
  PeripheralCondition,
  SessionEffect,
} from '../../drivers/session-machine.ts';
import type { Transport } from '../../drivers/transport/transport.ts';
import { TillgateError } from '../../protocol/errors.ts';
import { BackOff } from '../../protocol/replication/back-off.ts';
import { absent, asProblem } from './absence.ts';
import { ByteLog } from './byte-log.ts';
import { DeviceFinder } from './device-finder.ts';
import type { SupervisorOptions, SupervisorStatus } from './supervisor-contract.ts';
import { identityText, isSameDevice, type PeripheralEntry } from './peripheral-entry.ts';

/** A printer that is switched off and on is back in this time, and jobs wait for it. */
const AWAY_AFTER_MS = 3_000;
/** A device that names itself does so at once; one that does not is taken after this. */
const IDENTITY_MS_MAX = 3_000;
/** A driver without anything to say about its device is ready. */
const SILENT_READY_MS = 1_000;
/** From a loose plug to a printer that is off for the night: nobody waits long after it is on. */
const BACK_OFF = { baseMs: 500, maxMs: 5_000 };
const BACK_OFF_MIN_MS = 100;

export class Supervisor {
  readonly bytes: ByteLog;
  readonly #options: SupervisorOptions;
  readonly #finder: DeviceFinder;
  readonly #backOff: BackOff;
  readonly #stopping = new AbortController();
  #entry: PeripheralEntry;
  #session: RunningSession | undefined;
  #isIdentified = false;
  #isUsable = false;
  #isAway = false;
  /** Ends the rest between two sessions. */
  #wake: () => void = () => undefined;
  #stopAway: (() => void) | undefined;
  #stopTimers: (() => void)[] = [];
  #status: SupervisorStatus = { state: 'absent', reasons: [] };
  #wrong: TillgateError | undefined;
  #lived: Promise<void> = Promise.resolve();
  #reconnects = 0;
  #discardedBytes = 0;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#entry = options.entry;
    this.bytes = new ByteLog(options.clock);
    this.#finder = new DeviceFinder(options);
    this.#backOff = new BackOff({ ...BACK_OFF, random: options.random });
  }

  get entry(): PeripheralEntry {
    return this.#entry;
  }

  get status(): SupervisorStatus {
    return this.#status;
  }

  /** The session that takes jobs; undefined while there is none. */
  get session(): RunningSession | undefined {
    return this.#isUsable ? this.#session : undefined;
  }

  /** Why nothing should wait for it; undefined while it is here, or only just gone. */
  get awayBecause(): TillgateError | undefined {
    return this.#isAway ? (this.#status.trouble ?? absent(this.#entry)) : undefined;
  }

  get counters(): { reconnects: number; discardedBytes: number } {
    return { reconnects: this.#reconnects, discardedBytes: this.#discardedBytes };
  }

  start(): void {
    this.#armAway();
    this.#lived = this.#live();
  }

  /** Ends the session in order; what was under way is settled by it. */
  async close(): Promise<void> {
    this.#stopping.abort();
    this.#wake();
    this.#stopAway?.();
    await this.#session?.close();
    await this.#lived;
  }

  async #live(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const why = await this.#liveOnce(signal);
      this.#gone(why);
      const waitMs = Math.max(BACK_OFF_MIN_MS, this.#backOff.nextMs());
      await this.#rest(waitMs);
    }
  }

  #rest(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      if (this.#stopping.signal.aborted) {
        resolve();
        return;
      }
      const stop = this.#options.schedule(resolve, waitMs);
      this.#wake = () => {
        stop();
        resolve();
      };
    });
  }

  /** One session from its opening to its end; gives why it ended. */
  async #liveOnce(signal: AbortSignal): Promise<TillgateError> {
    const { driver, driverOptions, clock, schedule } = this.#options;
    let transport: Transport | undefined;
    try {
      transport = await this.#finder.open(this.#entry, signal);
      await driver.prepare?.();
      if (signal.aborted) throw absent(this.#entry);
      const context = { wallMs: () => clock.wallMs(), nowMs: clock.monotonicMs() };
      const machine = driver.createSession(driverOptions, context);
      const { address } = transport;
      const noted = this.bytes.over(transport);
      const onEffect = (effect: Effect): void => this.#carryOut(effect, address);
      this.#session = runSession({ machine, transport: noted, clock, schedule, onEffect });
      this.#begun();
      const end = await this.#session.closed;
      if (this.#wrong !== undefined) this.#finder.wasWrong(address, this.#entry);
      return this.#wrong ?? end.error ?? absent(this.#entry);
    } catch (error) {
      await transport?.close();
      return asProblem(error);
    }
  }

  #begun(): void {
    this.#reconnects += 1;
    const { schedule } = this.#options;
    const silent = (): void => {
      if (this.#status.state === 'absent') this.#say({ state: 'ready', reasons: [] });
    };
    this.#stopTimers.push(schedule(silent, SILENT_READY_MS));
    // The device may have said what it is while the session was being made.
    if (this.#wrong !== undefined) void this.#session?.close();
    else if (this.#entry.identity === undefined || this.#isIdentified) this.#usable();
    else this.#stopTimers.push(schedule(() => this.#usable(), IDENTITY_MS_MAX));
  }

  #usable(): void {
    if (this.#session === undefined || this.#isUsable || this.#wrong !== undefined) return;
    this.#isUsable = true;
    this.#isAway = false;
    this.#stopAway?.();
    this.#stopAway = undefined;
    this.#options.onReady();
  }

  #gone(why: TillgateError): void {
    for (const stop of this.#stopTimers.splice(0)) stop();
    this.#session = undefined;
    this.#isUsable = false;
    this.#isIdentified = false;
    this.#wrong = undefined;
    this.#options.onGone();
    this.#say({ state: 'absent', reasons: [why.code], trouble: why });
    if (this.#stopping.signal.aborted) return;
    if (this.#isAway) this.#options.onAway(why);
    else this.#armAway();
  }

  #armAway(): void {
    this.#stopAway ??= this.#options.schedule(() => {
      this.#stopAway = undefined;
      this.#isAway = true;
      this.#options.onAway(this.#status.trouble ?? absent(this.#entry));
    }, AWAY_AFTER_MS);
  }

  #carryOut(effect: Effect, address: string): void {
    switch (effect.type) {
      case 'condition':
        this.#backOff.reset();
        this.#condition(effect.condition);
        return;
      case 'identity':
        this.#backOff.reset();
        this.#identified(effect.identity, address);
        return;
      case 'event':
        this.#options.onEvent(effect.event);
        return;
      case 'port':
        this.#options.onPort(effect.bytes);
        return;
      case 'discarded':
        this.#discardedBytes += effect.bytes.length;
    }
  }

  #condition({ state, reasons }: PeripheralCondition): void {
    if (this.#wrong === undefined) this.#say({ state, reasons });
  }

  #identified(identity: DeviceIdentity, address: string): void {
    const known = this.#entry.identity;
    if (known !== undefined && !isSameDevice(known, identity)) {
      const message =
        `At ${address} is ${identityText(identity)}, ` +
        `and ${this.#entry.peripheralId} is ${identityText(known)}.`;
      this.#wrong = new TillgateError('PERIPHERAL_IDENTITY', message);
      this.#isUsable = false;
      void this.#session?.close();
      return;
    }
    this.#isIdentified = true;
    const isNew = JSON.stringify({ ...known, ...identity }) !== JSON.stringify(known);
    const hasMoved = address !== this.#entry.address;
    if (isNew || hasMoved) {
      const facts = {
        ...(isNew && { identity: { ...known, ...identity } }),
        ...(hasMoved && { address }),
      };
      this.#entry = { ...this.#entry, ...facts };
      this.#options.onLearnt(facts);
    }
    this.#usable();
  }

  #say(status: SupervisorStatus): void {
    const before = this.#status;
    this.#status = status;
    const isSame =
      before.state === status.state &&
      before.trouble?.message === status.trouble?.message &&
      before.reasons.join() === status.reasons.join();
    if (!isSame) this.#options.onStatus(status);
  }
}

type Effect = Extract<
  SessionEffect,
  { type: 'event' | 'condition' | 'identity' | 'port' | 'discarded' }
>;
