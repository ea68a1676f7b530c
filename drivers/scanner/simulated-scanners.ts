/**
 * The scanners' side of each way of connecting: one code in, what the device sends out; and what it
 * does with what the gateway sends. Written from the manuals and not from our framers.
 */
import type { Schedule } from '../../platform/schedule.ts';

export interface SimulatedHead {
  /** What is under the window now; false while the scanner was told not to read. */
  scan(code: Uint8Array, aim: string): boolean;
  receive(bytes: Uint8Array): void;
}

export interface HeadContext {
  readonly send: (bytes: Uint8Array) => void;
  readonly schedule: Schedule;
  readonly options: Readonly<Record<string, string>>;
  readonly faults: { silent: boolean; damaged: boolean; deaf: boolean };
}

const latin1 = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'));

/** Text and CR LF; with `aim=true` the identifier before it; `device=cipherlab` knows D and E. */
export class SerialHead implements SimulatedHead {
  readonly #context: HeadContext;
  #isEnabled = true;

  constructor(context: HeadContext) {
    this.#context = context;
  }

  scan(code: Uint8Array, aim: string): boolean {
    if (!this.#isEnabled) return false;
    const { options, send } = this.#context;
    const before = options['aim'] === 'true' ? aim : '';
    send(Uint8Array.of(...latin1(before), ...code, 0x0d, 0x0a));
    return true;
  }

  receive(bytes: Uint8Array): void {
    if (this.#context.options['device'] !== 'cipherlab') return;
    for (const byte of bytes) {
      if (byte === 0x44) this.#isEnabled = false;
      if (byte === 0x45) this.#isEnabled = true;
    }
  }
}

/** A packet that is not acknowledged is sent twice more, this far apart. */
const SSI_REPEAT_MS = 2_000;
const SSI_TRIES = 3;
const SSI_DATA_MAX = 250;

const SSI_TYPES: Readonly<Record<string, number>> = {
  ...{ ']E0': 0x0b, ']E4': 0x0a, ']C0': 0x03, ']C1': 0x0f, ']Q1': 0x1c, ']d1': 0x1b, ']e0': 0x30 },
};

export class SsiHead implements SimulatedHead {
  readonly #context: HeadContext;
  #isEnabled = true;
  /** Packets that wait for the acknowledgement of the one before. */
  #waiting: Uint8Array[] = [];
  #tries = 0;
  #stopTimer: () => void = () => undefined;
  #received: number[] = [];

  constructor(context: HeadContext) {
    this.#context = context;
  }

  scan(code: Uint8Array, aim: string): boolean {
    if (!this.#isEnabled) return false;
    const type = SSI_TYPES[aim] ?? 0;
    const isFree = this.#waiting.length === 0;
    for (let at = 0; at === 0 || at < code.length; at += SSI_DATA_MAX) {
      const isLast = at + SSI_DATA_MAX >= code.length;
      const data = [type, ...code.subarray(at, at + SSI_DATA_MAX)];
      this.#waiting.push(packet(0xf3, isLast ? 0x00 : 0x02, data));
    }
    if (isFree) this.#sendFirst();
    return true;
  }

  receive(bytes: Uint8Array): void {
    const { faults } = this.#context;
    const isLost = faults.silent || faults.deaf;
    faults.deaf = false;
    if (isLost) return;
    this.#received = [...this.#received, ...bytes].slice(-512);
    for (;;) {
      const [length = 0, opcode = 0] = this.#received;
      if (this.#received.length === 0 || this.#received.length < length + 2) return;
      const whole = this.#received.splice(0, length + 2);
      this.#command(opcode, whole[4] ?? 0);
    }
  }

  #command(opcode: number, argument: number): void {
    if (opcode === 0xd0) this.#next();
    else if (opcode === 0xd1 && argument === 1) this.#again();
    else if (opcode === 0xe9 || opcode === 0xea) {
      this.#isEnabled = opcode === 0xe9;
      this.#send(packet(0xd0, 0x00, []));
    } else if (opcode === 0xa3) this.#send(packet(0xa4, 0x00, [...latin1('SIM-1.0 BOARD 0')]));
    else this.#send(packet(0xd1, 0x00, [2]));
  }

  #sendFirst(): void {
    const [first] = this.#waiting;
    if (first === undefined) return;
    this.#tries = 1;
    this.#send(first);
    this.#watch();
  }

  #next(): void {
    this.#stopTimer();
    // An acknowledgement may also be for the answer to a command.
    if (this.#tries === 0) return;
    this.#waiting.shift();
    this.#tries = 0;
    this.#sendFirst();
  }

  #again(): void {
    this.#stopTimer();
    const [first] = this.#waiting;
    if (first === undefined || this.#tries === 0) return;
    this.#tries += 1;
    if (this.#tries > SSI_TRIES) {
      this.#waiting = [];
      this.#tries = 0;
      return;
    }
    const [, opcode = 0, , status = 0] = first;
    this.#send(packet(opcode, status | 0x01, [...first.subarray(4, -2)]));
    this.#watch();
  }

  #watch(): void {
    this.#stopTimer = this.#context.schedule(() => this.#again(), SSI_REPEAT_MS);
  }

  #send(bytes: Uint8Array): void {
    const { faults, send } = this.#context;
    if (faults.silent) return;
    const isDamaged = faults.damaged;
    faults.damaged = false;
    send(isDamaged ? bytes.with(bytes.length - 3, (bytes.at(-3) ?? 0) ^ 0x04) : bytes);
  }
}

function packet(opcode: number, status: number, data: readonly number[]): Uint8Array {
  const bytes = [4 + data.length, opcode, 0x00, status, ...data];
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  const checksum = (0x10000 - (sum % 0x10000)) % 0x10000;
  return Uint8Array.of(...bytes, checksum >>> 8, checksum & 0xff);
}

const HID_DATA_MAX = 56;

/** Reports of 64 bytes; `shift=true` puts the AIM identifier one byte later. */
export class HidPosHead implements SimulatedHead {
  readonly #context: HeadContext;

  constructor(context: HeadContext) {
    this.#context = context;
  }

  scan(code: Uint8Array, aim: string): boolean {
    const shift = this.#context.options['shift'] === 'true' ? 1 : 0;
    for (let at = 0; at === 0 || at < code.length; at += HID_DATA_MAX) {
      const data = code.subarray(at, at + HID_DATA_MAX);
      const report = new Uint8Array(64);
      report.set([0x02, data.length]);
      report.set(latin1(aim), 2 + shift);
      report.set(data, 5 + shift);
      report[63] = Number(at + HID_DATA_MAX < code.length);
      this.#context.send(report);
    }
    return true;
  }

  receive(): void {
    // Output reports light its lamp; nothing that a gateway has to know.
  }
}
