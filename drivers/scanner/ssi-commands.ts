/**
 * The commands to an SSI decoder, one at a time: sent, and twice more while nothing comes back. What
 * is sent again is marked as that.
 */
import type { SessionEffect } from '../session-machine.ts';
import { ssiCommand } from './ssi-framer.ts';

export interface SsiCommand {
  readonly opcode: number;
  /** The job that asked for it; none for what the session asks itself. */
  readonly jobId?: string;
}

/** A decoder that is busy reading answers within this. */
const ACK_MS = 1_000;
const TRIES_MAX = 3;
const WAITING_MAX = 8;

export class SsiCommands {
  readonly #queue: SsiCommand[] = [];
  #waiting: SsiCommand | undefined;
  #tries = 0;

  /** The command that was sent and is not confirmed. */
  get waiting(): SsiCommand | undefined {
    return this.#waiting;
  }

  add(command: SsiCommand): boolean {
    if (this.#queue.length >= WAITING_MAX) return false;
    this.#queue.push(command);
    return true;
  }

  next(): { effects: SessionEffect[] } {
    if (this.#waiting !== undefined) return { effects: [] };
    this.#waiting = this.#queue.shift();
    this.#tries = 1;
    return { effects: this.#waiting === undefined ? [STOP] : this.#send(false) };
  }

  /** Once more, or given up. */
  again(): { effects: SessionEffect[]; failed?: SsiCommand } {
    if (this.#waiting === undefined) return { effects: [] };
    this.#tries += 1;
    if (this.#tries <= TRIES_MAX) return { effects: this.#send(true) };
    const failed = this.#waiting;
    this.#waiting = undefined;
    return { effects: [STOP], failed };
  }

  confirmed(): void {
    this.#waiting = undefined;
  }

  /** Its job has ended: nothing is settled for it any more. */
  forget(jobId: string): void {
    const at = this.#queue.findIndex((command) => command.jobId === jobId);
    if (at >= 0) this.#queue.splice(at, 1);
    if (this.#waiting?.jobId === jobId) this.#waiting = { opcode: this.#waiting.opcode };
  }

  /** Returns the jobs that waited. */
  clear(): readonly string[] {
    const commands = [...(this.#waiting === undefined ? [] : [this.#waiting]), ...this.#queue];
    this.#waiting = undefined;
    this.#queue.length = 0;
    return commands.flatMap(({ jobId }) => (jobId === undefined ? [] : [jobId]));
  }

  #send(isAgain: boolean): SessionEffect[] {
    const bytes = ssiCommand(this.#waiting?.opcode ?? 0, [], isAgain);
    return [
      { type: 'write', bytes },
      { type: 'timer', name: 'ack', afterMs: ACK_MS },
    ];
  }
}

const STOP: SessionEffect = { type: 'stopTimer', name: 'ack' };
