/**
 * A device that is not there: it speaks the device's bytes, whatever carries them (a pseudo-terminal,
 * TCP, a virtual card reader), and does by script what devices do on bad days.
 */
import type { Clock } from '../protocol/clock.ts';
import type { Schedule } from '../platform/schedule.ts';
import type { PeripheralCategory } from './driver.ts';

export interface SimulatorContext {
  readonly schedule: Schedule;
  readonly clock: Clock;
  /** 0 ≤ x < 1. */
  readonly random: () => number;
  /** Sends bytes to the gateway; as one packet where the carrier has packets. */
  readonly send: (bytes: Uint8Array) => void;
  /** Something a person may look at came out: a receipt as PNG. */
  readonly produced: (name: string, bytes: Uint8Array) => void;
  /** The device lost power or was pulled: the carrier ends the connection. */
  readonly unplug: () => void;
  /** It has power again: the gateway can connect. Absent where somebody plugs by hand. */
  readonly plug?: () => void;
}

export interface SimulatedDevice {
  /** The gateway connected, or connected again. */
  connected(): void;
  receive(bytes: Uint8Array): void;
  /**
   * One line of the script, typed by a person or a test: `paper out`, `cover open`,
   * `weigh 1.250`, `scan 4006381333931`. Returns what to say; for unknown words, what there is.
   */
  command(line: string): string;
  close(): void;
}

export interface SimulatorDefinition {
  /** As in `tillgate peripheral simulate KIND`. */
  readonly kind: string;
  readonly title: string;
  readonly category: PeripheralCategory;
  /** The driver that drives it, and the options that fit. */
  readonly driver: string;
  readonly driverOptions: Readonly<Record<string, unknown>>;
  readonly carrier: 'stream' | 'packets' | 'card';
  /** The words of `command`, each with its help. */
  readonly commands: Readonly<Record<string, string>>;
  create(options: Readonly<Record<string, string>>, context: SimulatorContext): SimulatedDevice;
}
