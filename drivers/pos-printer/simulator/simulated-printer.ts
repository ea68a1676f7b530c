/**
 * A receipt printer that is not there. It receives into a finite buffer, works its commands off at
 * the speed of its paper, stops where a printer stops and forgets what a printer forgets. `pieces` is
 * what lies in the tray, for whoever wants to see what came out in the end.
 */
import type { SimulatedDevice, SimulatorContext } from '../../simulator.ts';
import type { GlyphSource } from './glyph-source.ts';
import type { IncomingCommand } from './incoming-commands.ts';
import { createCommandHost } from './command-host.ts';
import { Interpreter } from './interpreter.ts';
import type { InterpreterHost } from './interpreter.ts';
import { automaticStatus, freshMachine, realTimeAnswer } from './machine-state.ts';
import type { MachineState } from './machine-state.ts';
import { Mechanism } from './mechanism.ts';
import { PaperRoll } from './paper-roll.ts';
import type { PaperPiece } from './paper-roll.ts';
import { runPrinterScript } from './printer-script.ts';
import { ReceiveQueue } from './receive-queue.ts';
import { SimulatedDrawer } from './simulated-drawer.ts';
import type { SimulatedModel } from './simulated-model.ts';
import { Typesetter } from './typesetter.ts';

/** Real printers take from three to ten seconds from the switch to the first answer. */
const BOOT_MS = 3_000;
const CLEAR_BUFFERS = [0x10, 0x14, 8, 1, 3, 0x14, 1, 6, 2, 8];

export interface SimulatedPrinterOptions {
  readonly model: SimulatedModel;
  readonly context: SimulatorContext;
  readonly glyphs: GlyphSource;
  readonly isDrawing: boolean;
  /** Receives at once, and prints from then on. */
  readonly ready?: Promise<void>;
  readonly onPiece?: (piece: PaperPiece) => void;
}

export class SimulatedPrinter implements SimulatedDevice {
  readonly pieces: PaperPiece[] = [];
  readonly machine: MachineState = freshMachine();
  readonly drawer: SimulatedDrawer;
  readonly #options: SimulatedPrinterOptions;
  readonly #queue: ReceiveQueue;
  readonly #paper: PaperRoll;
  readonly #set: Typesetter;
  readonly #interpreter: Interpreter;
  #power: 'on' | 'booting' | 'off' = 'on';
  #isPlugged = true;
  readonly mechanism: Mechanism;
  isSilent = false;
  #isHeld = false;
  #pushesOn = 0;
  #pushed = '';

  constructor(options: SimulatedPrinterOptions) {
    const { model, glyphs, isDrawing } = options;
    this.#options = options;
    this.drawer = new SimulatedDrawer(model.isDrawerHighWhenOpen);
    this.machine.isDrawerHigh = this.drawer.level;
    this.#queue = new ReceiveQueue(model.bufferBytes, (command) => {
      this.#realTime(command);
    });
    this.#paper = new PaperRoll(model.widthDots);
    this.#set = new Typesetter({ widthDots: model.widthDots, glyphs, isDrawing });
    this.#interpreter = new Interpreter(this.#set, this.#host(), glyphs);
    this.mechanism = this.#createMechanism();
    if (options.ready === undefined) return;
    this.#isHeld = true;
    void options.ready.then(() => {
      this.#isHeld = false;
      this.mechanism.pump();
    });
  }

  /** Could the gateway connect? A serial line stays when the printer is off. */
  get isReachable(): boolean {
    return this.#isPlugged && (this.#options.model.isSerial || this.#power !== 'off');
  }

  get isOn(): boolean {
    return this.#power === 'on';
  }

  /** Lines that hang out of the printer without a cut. */
  get hanging(): readonly string[] {
    return this.#paper.hanging;
  }

  /** Bytes that fit now; a carrier that can hold back keeps the rest. */
  room(): number {
    return this.#queue.roomBytes;
  }

  connected(): void {
    this.#isPlugged = true;
  }

  receive(bytes: Uint8Array): void {
    if (!this.isOn || !this.#isPlugged) return;
    this.#queue.receive(bytes);
    this.mechanism.pump();
  }

  command(line: string): string {
    return runPrinterScript(this, line);
  }

  close(): void {
    this.mechanism.halt();
    this.#power = 'off';
  }

  unplug(): void {
    this.#isPlugged = false;
    // What was on the way is lost with the cable, what was received is not.
    this.#queue.clearLine();
    this.#options.context.unplug();
  }

  plug(): void {
    this.#isPlugged = true;
  }

  powerOff(): void {
    this.#power = 'off';
    this.mechanism.halt();
    this.#forget();
    this.#queue.clearLine();
    this.#interpreter.reset();
    this.#pushesOn = 0;
    if (this.machine.cutter === 'error') this.machine.cutter = 'ok';
    if (!this.#options.model.isSerial) this.#options.context.unplug();
  }

  powerOn(): void {
    if (this.#power !== 'off') return;
    this.#power = 'booting';
    if (!this.#options.model.isSerial) this.#options.context.plug?.();
    this.#options.context.schedule(() => {
      if (this.#power === 'booting') this.#power = 'on';
    }, BOOT_MS);
  }

  /** Sends what a printer never would. */
  sendNoise(count: number): void {
    const { random } = this.#options.context;
    this.#send(Uint8Array.from({ length: count }, () => Math.floor(random() * 256)));
  }

  /** After a change of `machine` or of the drawer: tells it, and goes on if that is possible again. */
  changed(): void {
    this.machine.isDrawerHigh = this.drawer.level;
    if (!this.isOn) return;
    this.#push();
    this.mechanism.pump();
  }

  /** All that is received and not printed is gone, and with it what was owed for it. */
  #forget(): void {
    this.#queue.clear();
    this.#set.clearBuffer();
    this.mechanism.forget();
  }

  #createMechanism(): Mechanism {
    const { model, context, onPiece } = this.#options;
    return new Mechanism({
      machine: this.machine,
      paper: this.#paper,
      set: this.#set,
      mmPerSecond: model.mmPerSecond,
      schedule: context.schedule,
      isRunning: () => this.isOn && !this.#isHeld,
      executeNext: () => {
        const command = this.#queue.next();
        if (command !== undefined) this.#interpreter.execute(command.bytes);
        return command !== undefined;
      },
      onChange: () => {
        this.changed();
      },
      onPiece: (piece) => {
        this.pieces.push(piece);
        onPiece?.(piece);
      },
    });
  }

  #realTime({ bytes }: IncomingCommand): void {
    const [, kind, n = 0, connector] = bytes;
    if (kind === 0x04) {
      const answer = realTimeAnswer(this.machine, n);
      if (this.#options.model.answersStatus && answer !== undefined) {
        this.#send(Uint8Array.of(answer));
      }
    } else if (kind === 0x05) {
      this.#recover(n);
    } else if (n === 1 && this.#options.model.hasRealTimePulse) {
      this.#kick(connector === 1 ? 2 : 1);
    } else if (n === 8 && this.#options.model.clearsBuffers) {
      if (bytes.some((byte, at) => byte !== CLEAR_BUFFERS[at])) return;
      this.#forget();
      this.#send(Uint8Array.of(0x37, 0x25, 0x00));
    }
  }

  /** `DLE ENQ`: 1 goes on where it stopped, 2 throws the rest away; both only after an error. */
  #recover(n: number): void {
    if (this.machine.cutter !== 'error') return;
    this.machine.cutter = 'ok';
    if (n === 2) this.#forget();
    this.changed();
  }

  #kick(connector: 1 | 2): void {
    if (connector === 1) this.drawer.kick();
    this.changed();
  }

  #host(): InterpreterHost {
    return createCommandHost({
      model: this.#options.model,
      machine: this.machine,
      mechanism: () => this.mechanism,
      send: (bytes) => {
        this.#send(bytes);
      },
      kick: (connector) => {
        this.#kick(connector);
      },
      pushStatus: (n) => {
        this.#pushesOn = n;
        this.#pushed = '';
        this.#push();
      },
    });
  }

  #push(): void {
    if (this.#pushesOn === 0) return;
    const status = automaticStatus(this.machine);
    if (status.join() === this.#pushed) return;
    this.#pushed = status.join();
    this.#send(status);
  }

  #send(bytes: Uint8Array): void {
    if (this.isOn && this.#isPlugged && !this.isSilent) this.#options.context.send(bytes);
  }
}
