/**
 * The drawer connector of a printer: three bytes in (connector, on, off) make a pulse, an on time of
 * zero only asks for the level; one byte out is the level of pin 3. Whether high means open depends
 * on the drawer, and is for its driver to know.
 *
 * A pulse goes out as `ESC p` while the printer is idle, and at once as `DLE DC4 1` where the model
 * can while it prints or is out of paper. Otherwise it waits for the printer, but not for long: a
 * drawer must not fly open minutes later.
 */
import { pulse, realTimePulse } from '../control-commands.ts';
import type { Pulse } from '../control-commands.ts';
import type { PrinterProfile } from '../printer-profile.ts';
import { clearCommands } from './clearing.ts';
import type { Cleanness } from './clearing.ts';
import type { EffectList } from './effect-list.ts';

/** Two connectors, and one impatient repetition for each. */
const WAITING_MAX = 4;
/** Whoever pressed the key still stands before the drawer. */
const WAIT_MS = 5_000;

export class DrawerPort {
  readonly #profile: PrinterProfile;
  readonly #out: EffectList;
  #waiting: Pulse[] = [];
  #reported: boolean | undefined;
  #mustReport = false;

  constructor(profile: PrinterProfile, out: EffectList) {
    this.#profile = profile;
    this.#out = out;
  }

  /** Returns whether the level is asked for, so that the printer should be too. */
  request(bytes: Uint8Array): boolean {
    for (let at = 0; at + 3 <= bytes.length; at += 3) {
      const [connector, onTime = 0, offTime = 0] = bytes.subarray(at, at + 3);
      this.#mustReport = true;
      if (onTime === 0) continue;
      if (connector !== 1 && connector !== 2) continue;
      if (this.#waiting.length >= WAITING_MAX) continue;
      this.#waiting.push({ connector, onTime, offTime });
      this.#out.timer('pulse', WAIT_MS);
    }
    return bytes.length >= 3;
  }

  /** Sends what can be sent now; returns whether anything was. */
  advance(printer: 'idle' | 'busy' | 'notReady', cleanness: Cleanness): boolean {
    if (this.#waiting.length === 0) return false;
    const isInTurn = printer === 'idle' && (cleanness === 'clean' || !this.#profile.realTimePulse);
    if (!isInTurn && !this.#profile.realTimePulse) return false;
    if (isInTurn && cleanness !== 'clean') {
      // Half a picture of an earlier job would swallow the pulse.
      for (const command of clearCommands(this.#profile)) this.#out.write(command);
    }
    for (const one of this.#waiting) this.#out.write(isInTurn ? pulse(one) : realTimePulse(one));
    this.#waiting = [];
    this.#out.stopTimer('pulse');
    return true;
  }

  /** The timer `pulse`. */
  giveUp(): void {
    this.#waiting = [];
  }

  /** A level is told when it changed, and once after each request. */
  report(isHigh: boolean | undefined): void {
    if (isHigh === undefined) return;
    if (isHigh === this.#reported && !this.#mustReport) return;
    this.#reported = isHigh;
    this.#mustReport = false;
    this.#out.add({ type: 'port', bytes: Uint8Array.of(isHigh ? 1 : 0) });
  }
}
