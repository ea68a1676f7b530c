/**
 * A transport that plays a recording: what came in comes in again once everything that had gone out
 * before it went out again, byte for byte. The first byte that differs ends it as a fault that says
 * where. How the bytes are cut into writes does not matter; time matters only with a schedule.
 */
import type { Schedule } from '../../platform/schedule.ts';
import { systemSchedule } from '../../platform/schedule.ts';
import { TillgateError } from '../../protocol/errors.ts';
import { OpenPort } from './open-port.ts';
import type { RecordedLine } from './recording.ts';
import type { CloseReason, Transport } from './transport.ts';

/** Each step's bytes; `in` waits for all steps before it. */
interface Step {
  readonly type: 'in' | 'out';
  readonly bytes: Uint8Array;
  readonly afterMs: number;
}

export interface ReplayOptions {
  /** Without it nothing waits; with it the pauses before what came in are kept. */
  readonly schedule?: Schedule;
}

/** Throws `TRANSPORT_FAULT` for what is no recording. */
export function replayTransport(recording: string, options: ReplayOptions = {}): Transport {
  return new ReplayedTransport(readRecording(recording), options);
}

interface Recording {
  readonly address: string;
  readonly steps: readonly Step[];
  /** Missing where the recording was cut: then it stays open at the end. */
  readonly end?: CloseReason;
}

class ReplayedTransport extends OpenPort {
  readonly #recording: Recording;
  readonly #options: ReplayOptions;
  #at = 0;
  /** Of the step that waits for the gateway: how much of it was written. */
  #written = 0;
  #isWaiting = false;

  constructor(recording: Recording, options: ReplayOptions) {
    super(recording.address, {
      write: (bytes) => this.#check(bytes),
      release: () => Promise.resolve(),
    });
    this.#recording = recording;
    this.#options = options;
  }

  override onData(listener: (bytes: Uint8Array) => void): void {
    super.onData(listener);
    this.#play();
  }

  /** Gives what came in up to the next step that the gateway has to take. */
  #play(): void {
    if (this.#isWaiting || this.isOver) return;
    const step = this.#recording.steps[this.#at];
    if (step?.type === 'out') return;
    const schedule = this.#options.schedule ?? systemSchedule;
    this.#isWaiting = true;
    schedule(
      () => {
        this.#isWaiting = false;
        this.#playStep(step);
      },
      this.#options.schedule === undefined ? 0 : (step?.afterMs ?? 0),
    );
  }

  #playStep(step: Step | undefined): void {
    if (step === undefined) {
      const reason = this.#recording.end;
      const error = new TillgateError('TRANSPORT_ABSENT', 'The recording ends here.');
      if (reason !== undefined)
        this.finish(reason === 'requested' ? { reason } : { reason, error });
      return;
    }
    this.#at += 1;
    this.received(step.bytes);
    this.#play();
  }

  #check(bytes: Uint8Array): Promise<void> {
    for (const byte of bytes) {
      const step = this.#recording.steps[this.#at];
      const expected = step?.type === 'out' ? step.bytes[this.#written] : undefined;
      if (byte !== expected) return Promise.reject(this.#differs(byte, expected));
      this.#written += 1;
      if (this.#written === step?.bytes.length) {
        this.#at += 1;
        this.#written = 0;
      }
    }
    this.#play();
    return Promise.resolve();
  }

  #differs(byte: number, expected: number | undefined): TillgateError {
    const hex = (value: number): string => value.toString(16).padStart(2, '0');
    const should = expected === undefined ? 'nothing' : hex(expected);
    const message = `The recording has ${should} at byte ${this.#written} of step ${this.#at}, and ${hex(byte)} was written.`;
    return new TillgateError('TRANSPORT_FAULT', message);
  }
}

function readRecording(text: string): Recording {
  const lines = text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map(readLine);
  const [head] = lines;
  if (head?.type !== 'open') throw noRecording('its first line should be of type "open"');
  const steps: Step[] = [];
  let lastMs = 0;
  let end: CloseReason | undefined;
  for (const line of lines) {
    if (line.type === 'in' || line.type === 'out') {
      const bytes = Uint8Array.from(Buffer.from(line.hex, 'hex'));
      if (bytes.length > 0) steps.push({ type: line.type, bytes, afterMs: line.atMs - lastMs });
      lastMs = line.atMs;
    } else if (line.type === 'end') {
      end = line.reason;
    }
  }
  return { address: head.address, steps, ...(end === undefined ? {} : { end }) };
}

function readLine(text: string): RecordedLine {
  try {
    return JSON.parse(text) as RecordedLine;
  } catch {
    throw noRecording(`a line is not JSON: ${text.slice(0, 40)}`);
  }
}

function noRecording(why: string): TillgateError {
  return new TillgateError('TRANSPORT_FAULT', `This is no recording of a port: ${why}.`);
}
