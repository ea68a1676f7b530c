/**
 * A receipt printer that is not there. It receives into a finite buffer, works its commands off at
 * the speed of its paper, stops where a printer stops and forgets what a printer forgets. `pieces` is
 * what lies in the tray, for whoever wants to see what came out in the end.
 */
import type { SimulatedDevice, SimulatorContext } from '../../simulator.ts';
import type { GlyphSource } from './glyph-source.ts';
import type { IncomingCommand } from './incoming-commands.ts';
import { Interpreter } from './interpreter.ts';
import {
  automaticStatus,
  freshMachine,
  inLineAnswer,
  isOffline,
  realTimeAnswer,
} from './machine-state.ts';
import type { MachineState } from './machine-state.ts';
import { PaperRoll } from './paper-roll.ts';
import type { PaperPiece } from './paper-roll.ts';
import { runPrinterScript } from './printer-script.ts';
import { ReceiveQueue } from './receive-queue.ts';
import { SimulatedDrawer } from './simulated-drawer.ts';
import type { SimulatedModel } from './simulated-model.ts';
import { Typesetter } from './typesetter.ts';
import type { PrintStep } from './typesetter.ts';

const DOTS_PER_MM = 8;
const CUT_MS = 150;
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
  isSilent = false;
  speedPart = 1;
  linesUntilOut = Infinity;
  /** What happens when the steps before it are printed. */
  #actions: (() => void)[] = [];
  #stopTimer: (() => void) | undefined;
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
    if (options.ready === undefined) return;
    this.#isHeld = true;
    void options.ready.then(() => {
      this.#isHeld = false;
      this.#pump();
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
    this.#pump();
  }

  command(line: string): string {
    return runPrinterScript(this, line);
  }

  close(): void {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
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
    this.#stopTimer?.();
    this.#stopTimer = undefined;
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

  /** What hangs out becomes a piece, by the knife or by hand. */
  tear(): void {
    const piece = this.#paper.cut();
    this.pieces.push(piece);
    this.#options.onPiece?.(piece);
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
    this.#pump();
  }

  /** All that is received and not printed is gone, and with it what was owed for it. */
  #forget(): void {
    this.#queue.clear();
    this.#set.clearBuffer();
    this.#actions = [];
  }

  #pump(): void {
    if (this.#isHeld) return;
    while (this.isOn && this.#stopTimer === undefined && !isOffline(this.machine)) {
      const step = this.#set.steps.shift();
      if (step !== undefined) {
        this.#print(step);
        continue;
      }
      const action = this.#actions.shift();
      if (action !== undefined) {
        action();
        continue;
      }
      const command = this.#queue.next();
      if (command === undefined) return;
      this.#interpreter.execute(command.bytes);
    }
  }

  #print(step: PrintStep): void {
    const { mmPerSecond } = this.#options.model;
    const dotsPerMs = (mmPerSecond * this.speedPart * DOTS_PER_MM) / 1_000;
    this.#busy(step.dots / dotsPerMs, () => {
      this.#paper.print(step.text, step.bitmap);
      this.#paper.feed(step.dots);
      if (step.text === '' && step.bitmap === undefined) return;
      this.linesUntilOut -= 1;
      if (this.linesUntilOut > 0) return;
      this.linesUntilOut = Infinity;
      this.machine.paper = 'out';
    });
  }

  #busy(forMs: number, then: () => void): void {
    this.#stopTimer = this.#options.context.schedule(() => {
      this.#stopTimer = undefined;
      then();
      this.changed();
    }, forMs);
  }

  #cut(): void {
    if (this.machine.cutter === 'jammed') {
      this.machine.cutter = 'error';
      this.changed();
      return;
    }
    this.#busy(CUT_MS, () => {
      this.tear();
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

  #host(): ConstructorParameters<typeof Interpreter>[1] {
    const later = (action: () => void): void => {
      this.#actions.push(action);
    };
    const { model } = this.#options;
    return {
      cut: () => {
        later(() => {
          this.#cut();
        });
      },
      pulse: (connector) => {
        later(() => {
          this.#kick(connector);
        });
      },
      automaticStatus: (n) => {
        if (!model.pushesStatus) return;
        this.#pushesOn = n;
        this.#pushed = '';
        this.#push();
      },
      sensorStatus: (n) => {
        later(() => {
          if (model.answersSensors) this.#send(Uint8Array.of(inLineAnswer(this.machine, n)));
        });
      },
      identity: (n) => {
        const text = model.identity[n];
        if (text !== undefined) this.#send(Buffer.from(`_${text}\0`, 'latin1'));
      },
      processId: (id) => {
        later(() => {
          if (model.answersProcessIds) this.#send(Uint8Array.of(0x37, 0x22, ...id, 0));
        });
      },
    };
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
