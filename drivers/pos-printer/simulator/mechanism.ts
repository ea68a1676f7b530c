/**
 * What moves in a simulated printer: paper and knife. Everything happens in its turn and takes its
 * time; where the machine is offline all of it stands still, in the middle of a picture too.
 */
import type { SimulatorContext } from '../../simulator.ts';
import { isOffline } from './machine-state.ts';
import type { MachineState } from './machine-state.ts';
import type { PaperPiece, PaperRoll } from './paper-roll.ts';
import type { PrintStep, Typesetter } from './typesetter.ts';

const DOTS_PER_MM = 8;
const CUT_MS = 150;

export interface MechanismParts {
  readonly machine: MachineState;
  readonly paper: PaperRoll;
  readonly set: Typesetter;
  readonly mmPerSecond: number;
  readonly schedule: SimulatorContext['schedule'];
  /** Does it have power, and everything that it needs? */
  readonly isRunning: () => boolean;
  /** Carries out the next command; false when there is none. */
  readonly executeNext: () => boolean;
  readonly onChange: () => void;
  readonly onPiece: (piece: PaperPiece) => void;
}

export class Mechanism {
  readonly #parts: MechanismParts;
  speedPart = 1;
  linesUntilOut = Infinity;
  /** What happens when the steps before it are printed. */
  #actions: (() => void)[] = [];
  #stopTimer: (() => void) | undefined;

  constructor(parts: MechanismParts) {
    this.#parts = parts;
  }

  later(action: () => void): void {
    this.#actions.push(action);
  }

  forget(): void {
    this.#actions = [];
  }

  halt(): void {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
  }

  pump(): void {
    const { machine, set, isRunning, executeNext } = this.#parts;
    while (isRunning() && this.#stopTimer === undefined && !isOffline(machine)) {
      const step = set.steps.shift();
      if (step !== undefined) {
        this.#print(step);
        continue;
      }
      const action = this.#actions.shift();
      if (action !== undefined) action();
      else if (!executeNext()) return;
    }
  }

  cut(): void {
    const { machine } = this.#parts;
    if (machine.cutter === 'jammed') {
      machine.cutter = 'error';
      this.#parts.onChange();
      return;
    }
    this.#busy(CUT_MS, () => {
      this.tear();
    });
  }

  /** What hangs out becomes a piece, by the knife or by hand. */
  tear(): void {
    this.#parts.onPiece(this.#parts.paper.cut());
  }

  #print(step: PrintStep): void {
    const { machine, paper, mmPerSecond } = this.#parts;
    const dotsPerMs = (mmPerSecond * this.speedPart * DOTS_PER_MM) / 1_000;
    this.#busy(step.dots / dotsPerMs, () => {
      paper.print(step.text, step.bitmap);
      paper.feed(step.dots);
      if (step.text === '' && step.bitmap === undefined) return;
      this.linesUntilOut -= 1;
      if (this.linesUntilOut > 0) return;
      this.linesUntilOut = Infinity;
      machine.paper = 'out';
    });
  }

  #busy(forMs: number, then: () => void): void {
    this.#stopTimer = this.#parts.schedule(() => {
      this.#stopTimer = undefined;
      then();
      this.#parts.onChange();
    }, forMs);
  }
}
