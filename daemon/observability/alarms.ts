/**
 * What a person has to know and nobody else will tell: shown by `status` until the daemon restarts.
 * The same alarm twice is one.
 */
import type { Clock } from '../../protocol/clock.ts';
import type { ErrorCode } from '../../protocol/errors.ts';

export interface Alarm {
  code: ErrorCode;
  message: string;
  since: string;
}

/** More than this is one disaster, and the log has all of it. */
const ALARMS_MAX = 32;

export class Alarms {
  readonly #clock: Clock;
  readonly #alarms: Alarm[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** True when it is new. */
  raise(code: ErrorCode, message: string): boolean {
    const known = this.#alarms.some((alarm) => alarm.code === code && alarm.message === message);
    if (known || this.#alarms.length >= ALARMS_MAX) return false;
    this.#alarms.push({ code, message, since: new Date(this.#clock.wallMs()).toISOString() });
    return true;
  }

  list(): readonly Alarm[] {
    return this.#alarms;
  }
}
