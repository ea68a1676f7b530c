/**
 * What a simulated printer has received and not carried out: bytes on the line, and commands in a
 * buffer of finite size. A full buffer leaves bytes on the line, where nobody sees them: real-time
 * commands behind them too.
 */
import { IncomingCommands } from './incoming-commands.ts';
import type { IncomingCommand } from './incoming-commands.ts';

export class ReceiveQueue {
  readonly #capacityBytes: number;
  readonly #onRealTime: (command: IncomingCommand) => void;
  readonly #incoming = new IncomingCommands();
  #line: Uint8Array[] = [];
  #commands: IncomingCommand[] = [];
  #heldBytes = 0;

  constructor(capacityBytes: number, onRealTime: (command: IncomingCommand) => void) {
    this.#capacityBytes = capacityBytes;
    this.#onRealTime = onRealTime;
  }

  /** Bytes of complete and incomplete commands. */
  get heldBytes(): number {
    return this.#heldBytes + this.#incoming.pendingBytes;
  }

  get lineBytes(): number {
    return this.#line.reduce((sum, chunk) => sum + chunk.length, 0);
  }

  get roomBytes(): number {
    return Math.max(0, this.#capacityBytes - this.heldBytes - this.lineBytes);
  }

  receive(bytes: Uint8Array): void {
    this.#line.push(bytes);
    this.#takeIn();
  }

  /** The next command, out of the buffer. */
  next(): IncomingCommand | undefined {
    const command = this.#commands.shift();
    if (command === undefined) return undefined;
    this.#heldBytes -= command.bytes.length;
    this.#takeIn();
    return command;
  }

  /** `clearBuffer` of the printer itself; what is on the line comes in afterwards. */
  clear(): void {
    this.#commands = [];
    this.#heldBytes = 0;
    this.#incoming.clear();
  }

  clearLine(): void {
    this.#line = [];
  }

  #takeIn(): void {
    for (;;) {
      const chunk = this.#line.shift();
      if (chunk === undefined) return;
      const taken = this.#takeChunk(chunk);
      if (taken === chunk.length) continue;
      this.#line.unshift(chunk.subarray(taken));
      return;
    }
  }

  #takeChunk(chunk: Uint8Array): number {
    let at = 0;
    while (at < chunk.length) {
      // A picture larger than the buffer is printed as it comes.
      const isFull = this.heldBytes >= this.#capacityBytes && this.#commands.length > 0;
      if (isFull) return at;
      const command = this.#incoming.push(chunk[at] ?? 0);
      at += 1;
      if (command === undefined) continue;
      if (command.isRealTime) {
        this.#onRealTime(command);
        continue;
      }
      this.#commands.push(command);
      this.#heldBytes += command.bytes.length;
    }
    return at;
  }
}
