/**
 * What a session and its printer tell each other at the beginning, while nothing prints: automatic
 * status on, then the texts of `GS I`, one after the other. These are ordinary commands: a printer
 * that is offline, or still inside half a picture of an earlier session, does not answer them, so
 * they are repeated when it has been cleared. They change nothing on paper.
 */
import { AUTOMATIC_STATUS_ON, askIdentity } from '../control-commands.ts';
import type { PrinterProfile } from '../printer-profile.ts';
import type { DeviceIdentity } from '../../session-machine.ts';
import type { EffectList } from './effect-list.ts';

/** As much as a printer needs that is still feeding; none of the answers is waited for by a job. */
const ANSWER_MS = 700;

type Step = 'automatic' | keyof DeviceIdentity;

const IDENTITY_CODES = { maker: 66, model: 67, firmware: 65, serialNumber: 68 } as const;

export class Introduction {
  readonly #out: EffectList;
  readonly #all: readonly Step[];
  #left: Step[] = [];
  #waitsFor: Step | undefined;
  #identity: DeviceIdentity = {};
  #told = '{}';

  constructor(profile: PrinterProfile, out: EffectList) {
    this.#out = out;
    this.#all = [
      ...(profile.automaticStatus ? (['automatic'] as const) : []),
      ...(profile.identity ? (['maker', 'model', 'firmware', 'serialNumber'] as const) : []),
    ];
    this.restart();
  }

  get identity(): DeviceIdentity {
    return this.#identity;
  }

  get waitsForText(): boolean {
    return this.#waitsFor !== undefined && this.#waitsFor !== 'automatic';
  }

  restart(): void {
    this.pause();
    this.#left = [...this.#all];
  }

  /** Again what was not answered so far. */
  retry(isPushed: boolean): void {
    this.pause();
    this.#left = this.#all.filter((step) =>
      step === 'automatic' ? !isPushed : this.#identity[step] === undefined,
    );
  }

  /** A job begins: what waits is asked again after it. */
  pause(): void {
    if (this.#waitsFor === undefined) return;
    this.#left.unshift(this.#waitsFor);
    this.#waitsFor = undefined;
    this.#out.stopTimer('introduction');
  }

  /** Called while the printer is ready and idle. */
  advance(): void {
    if (this.#waitsFor !== undefined) return;
    const step = this.#left.shift();
    if (step === undefined) return;
    this.#waitsFor = step;
    this.#out.write(step === 'automatic' ? AUTOMATIC_STATUS_ON : askIdentity(IDENTITY_CODES[step]));
    this.#out.timer('introduction', ANSWER_MS);
  }

  takeText(text: string): void {
    const step = this.#waitsFor;
    if (step === undefined || step === 'automatic') return;
    const value = text.trim();
    if (value !== '') this.#identity = { ...this.#identity, [step]: value };
    this.#goOn();
  }

  takeAutomatic(): void {
    if (this.#waitsFor === 'automatic') this.#goOn();
  }

  /** The timer `introduction`: the printer does not answer this one. */
  timedOut(): void {
    this.#goOn();
  }

  #goOn(): void {
    this.#waitsFor = undefined;
    this.#out.stopTimer('introduction');
    if (this.#left.length > 0) return;
    const told = JSON.stringify(this.#identity);
    if (told === this.#told) return;
    this.#told = told;
    this.#out.add({ type: 'identity', identity: this.#identity });
  }
}
