/** What a supervisor is given, and what it tells its owner. */
import type { DriverDefinition } from '../../drivers/driver.ts';
import type { DeviceIdentity, PeripheralEvent } from '../../drivers/session-machine.ts';
import type { Schedule } from '../../platform/schedule.ts';
import type { Clock } from '../../protocol/clock.ts';
import type { TillgateError } from '../../protocol/errors.ts';
import type { DeviceFinderOptions } from './device-finder.ts';
import type { PeripheralEntry } from './peripheral-entry.ts';

export interface SupervisorEvents {
  /** A session takes jobs now. */
  onReady(): void;
  /** The session is over, or there was none to be had. */
  onGone(): void;
  /** Away for longer than a reset takes: what waits for it should not. */
  onAway(why: TillgateError): void;
  onStatus(status: SupervisorStatus): void;
  onEvent(event: PeripheralEvent): void;
  /** The device said more of itself than was known, or is found elsewhere. */
  onLearnt(facts: { identity?: DeviceIdentity; address?: string }): void;
  /** For what hangs off this peripheral. */
  onPort(bytes: Uint8Array): void;
}

export interface SupervisorOptions extends DeviceFinderOptions, SupervisorEvents {
  readonly entry: PeripheralEntry;
  readonly driver: DriverDefinition;
  /** Checked, with the driver's defaults. */
  readonly driverOptions: Readonly<Record<string, unknown>>;
  readonly clock: Clock;
  readonly schedule: Schedule;
  /** In [0, 1). */
  readonly random: () => number;
}

export interface SupervisorStatus {
  readonly state: 'ready' | 'notReady' | 'absent';
  readonly reasons: readonly string[];
  /** Why it is absent, or what ended its last session. */
  readonly trouble?: TillgateError;
}
