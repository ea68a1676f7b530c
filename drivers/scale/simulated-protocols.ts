/**
 * The scales' side of each protocol, written from the manuals and not from our dialects: bytes in,
 * answers out. Each keeps what has come of a command until its end.
 */
import { bytesOf, latin1 } from './record-framer.ts';
import type { SimulatedPlate } from './simulated-plate.ts';

export interface SimulatedProtocol {
  receive(bytes: Uint8Array, nowMs: number): readonly Uint8Array[];
}

/** A scale's line buffer; what is longer was never a command. */
const COMMAND_BYTES_MAX = 64;

const fixed = (thousandths: number, whole: number): string => {
  const digits = String(Math.abs(thousandths)).padStart(whole + 3, '0');
  return `${digits.slice(0, -3)}.${digits.slice(-3)}`;
};

export class SicsScale implements SimulatedProtocol {
  readonly #plate: SimulatedPlate;
  #line = '';

  constructor(plate: SimulatedPlate) {
    this.#plate = plate;
  }

  receive(bytes: Uint8Array, nowMs: number): readonly Uint8Array[] {
    this.#line = (this.#line + latin1(bytes)).slice(-COMMAND_BYTES_MAX);
    const commands = this.#line.split('\r\n');
    this.#line = commands.pop() ?? '';
    return commands
      .filter((command) => command !== '')
      .map((command) => bytesOf(`${this.#answer(command, nowMs)}\r\n`));
  }

  #answer(command: string, nowMs: number): string {
    const plate = this.#plate;
    const { isMoving, range } = plate.read(nowMs);
    if (command === 'I2') return 'I2 A "Simulated 15 kg"';
    if (command === 'I4') return 'I4 A "SIM-0001"';
    if (command === 'SI' || command === 'S') {
      if (range !== 'ok') return range === 'over' ? 'S +' : 'S -';
      return `S ${isMoving ? 'D' : 'S'} ${this.#shown(nowMs)}`;
    }
    if (command === 'Z') return plate.pressZero(nowMs) ? 'Z A' : 'Z I';
    if (command === 'T') return plate.pressTare(nowMs) ? `T S ${this.#shown(nowMs)}` : 'T I';
    if (command === 'TAC') return plate.pressTare(nowMs, 0) ? 'TAC A' : 'TAC I';
    const known = /^TA (\d+)\.(\d{3}) (\w+)$/.exec(command);
    if (known === null) return 'ES';
    if (known[3] !== plate.unit) return 'TA L';
    const done = plate.pressTare(nowMs, Number(`${known[1] ?? ''}${known[2] ?? ''}`));
    return done ? `TA A ${known[1] ?? ''}.${known[2] ?? ''} ${plate.unit}` : 'TA I';
  }

  #shown(nowMs: number): string {
    const { thousandths } = this.#plate.read(nowMs);
    const sign = thousandths < 0 ? '-' : '';
    return `${`${sign}${fixed(thousandths, 1)}`.padStart(10)} ${this.#plate.unit}`;
  }
}

export class ToledoScale implements SimulatedProtocol {
  readonly #plate: SimulatedPlate;
  #isEchoing = false;
  /** Digits of a tare that still come: `T00250`. */
  #tare: string | undefined;

  constructor(plate: SimulatedPlate) {
    this.#plate = plate;
  }

  receive(bytes: Uint8Array, nowMs: number): readonly Uint8Array[] {
    const answers = Array.from(latin1(bytes), (letter) => this.#answer(letter, nowMs));
    return answers.filter((answer) => answer !== '').map(bytesOf);
  }

  #answer(letter: string, nowMs: number): string {
    if (this.#isEchoing && letter !== 'F') return letter;
    if (letter === 'E' || letter === 'F') {
      this.#isEchoing = letter === 'E';
      return `\x02${letter}\r`;
    }
    if (letter === 'W') return this.#weigh(nowMs);
    if (letter === 'Z') this.#plate.pressZero(nowMs);
    if (letter === 'T') this.#plate.pressTare(nowMs);
    if (letter === 'C') this.#plate.pressTare(nowMs, 0);
    if (letter === 'T') {
      this.#tare = '';
    } else if (this.#tare !== undefined && /\d/.test(letter)) {
      this.#tare += letter;
      if (this.#tare.length < 5) return '';
      this.#plate.pressTare(nowMs, Number(this.#tare));
      this.#tare = undefined;
    } else {
      this.#tare = undefined;
    }
    return this.#status(nowMs);
  }

  #weigh(nowMs: number): string {
    const { thousandths, isMoving, isNet, range } = this.#plate.read(nowMs);
    if (isMoving || range !== 'ok' || thousandths < 0) return this.#status(nowMs);
    return `\x02${fixed(thousandths, 2)}${isNet ? 'N' : ''}\r`;
  }

  #status(nowMs: number): string {
    const { thousandths, isMoving, isNet, range } = this.#plate.read(nowMs);
    const bits = [
      ...[isMoving, range === 'over', range === 'under', false],
      ...[range === 'ok' && !isMoving && thousandths === 0, isNet],
    ];
    const status = bits.reduce((sum, isSet, bit) => sum + (isSet ? 1 << bit : 0), 0x40);
    return `\x02?${String.fromCharCode(status)}\r`;
  }
}

export class NciScale implements SimulatedProtocol {
  readonly #plate: SimulatedPlate;
  #line = '';

  constructor(plate: SimulatedPlate) {
    this.#plate = plate;
  }

  receive(bytes: Uint8Array, nowMs: number): readonly Uint8Array[] {
    this.#line = (this.#line + latin1(bytes)).slice(-COMMAND_BYTES_MAX);
    const commands = this.#line.split('\r');
    this.#line = commands.pop() ?? '';
    return commands
      .filter((command) => command !== '')
      .map((command) => bytesOf(this.#answer(command, nowMs)));
  }

  #answer(command: string, nowMs: number): string {
    if (command === 'Z') this.#plate.pressZero(nowMs);
    if (command === 'T') this.#plate.pressTare(nowMs);
    const { thousandths, isMoving, isNet, range } = this.#plate.read(nowMs);
    const isZero = !isMoving && thousandths === 0;
    const first = 0x30 + Number(isMoving) + 2 * Number(isZero);
    const second = 0x70 + Number(range === 'under') + 2 * Number(range === 'over');
    const third = 0x30 + 4 * Number(isNet);
    const status = `\nS${String.fromCharCode(first, second, third)}\r\x03`;
    if (command === 'S' || command === 'Z' || command === 'T') return status;
    if (command !== 'W') return '\n?\r\x03';
    if (isMoving || range !== 'ok') return status;
    return `\n${fixed(thousandths, 2)}${this.#plate.unit.toUpperCase()}\r${status}`;
  }
}

export class DialogScale implements SimulatedProtocol {
  readonly #plate: SimulatedPlate;
  readonly #hasChallenge: boolean;
  #received = '';
  #price = '';
  #status = '00';
  /** The weight of the last sale lies there still. */
  #sold: number | undefined;

  constructor(plate: SimulatedPlate, hasChallenge: boolean) {
    this.#plate = plate;
    this.#hasChallenge = hasChallenge;
  }

  receive(bytes: Uint8Array, nowMs: number): readonly Uint8Array[] {
    this.#received = (this.#received + latin1(bytes)).slice(-COMMAND_BYTES_MAX);
    const answers: Uint8Array[] = [];
    for (;;) {
      const next = /\x04(?:\x05|\x02([^\x03]*)\x03)/.exec(this.#received);
      if (next === null) return answers;
      this.#received = this.#received.slice(next.index + next[0].length);
      const record = next[1];
      answers.push(bytesOf(record === undefined ? this.#weigh(nowMs) : this.#take(record, nowMs)));
    }
  }

  #take(record: string, nowMs: number): string {
    if (record === '08') return `\x0209\x1b${this.#state(nowMs)}\x03`;
    const price = /^0[1345]\x1b(\d{6})\x1b(\d{4})?/.exec(record);
    this.#status = price === null ? '10' : price[1] === '000000' ? '11' : '00';
    if (this.#status !== '00') return '\x15';
    this.#price = price?.[1] ?? '';
    this.#plate.pressTare(nowMs, Number(price?.[2] ?? '0'));
    return '\x06';
  }

  #weigh(nowMs: number): string {
    if (this.#hasChallenge) return '\x0211\x1b25A\x03';
    const state = this.#state(nowMs);
    if (state !== '00' || this.#price === '') return `\x0209\x1b${state}\x03`;
    const { thousandths } = this.#plate.read(nowMs);
    this.#sold = thousandths;
    const amount = Math.round((thousandths * Number(this.#price)) / 1000);
    const fields = [
      String(thousandths).padStart(5, '0'),
      this.#price,
      String(amount).padStart(6, '0'),
    ];
    return `\x0202\x1b3\x1b${fields.join('\x1b')}\x03`;
  }

  #state(nowMs: number): string {
    const { thousandths, isMoving, range } = this.#plate.read(nowMs);
    if (isMoving) this.#sold = undefined;
    if (this.#status !== '00') return this.#status;
    if (isMoving) return '20';
    if (range !== 'ok') return range === 'over' ? '32' : '31';
    if (thousandths < 20) return '30';
    return this.#sold === undefined ? '00' : '21';
  }
}
