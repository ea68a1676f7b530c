/**
 * A simulated printer, its line, and a supervisor that begins a session whenever the printer can be
 * reached. Jobs are lists of words that stand nowhere else, so that the paper itself says what was
 * printed, and how often.
 */
import { runSession } from '../../drivers/run-session.ts';
import type { RunningSession } from '../../drivers/run-session.ts';
import type { JobOutcome } from '../../drivers/job.ts';
import type { PeripheralCondition, SessionEffect } from '../../drivers/session-machine.ts';
import type { PrinterProfile } from '../../drivers/pos-printer/printer-profile.ts';
import { PrinterSession } from '../../drivers/pos-printer/session.ts';
import { plainGlyphs } from '../../drivers/pos-printer/simulator/glyph-source.ts';
import { SimulatedPrinter } from '../../drivers/pos-printer/simulator/simulated-printer.ts';
import { SIMULATED_MODELS } from '../../drivers/pos-printer/simulator/simulated-model.ts';
import type { SimulatedModel } from '../../drivers/pos-printer/simulator/simulated-model.ts';
import { VirtualTime } from '../sim/virtual-time.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { SimulatedLine } from '../support/simulated-line.ts';

const FONT = { columns: 48, cellWidth: 12, cellHeight: 24 };

export const EPSON_PROFILE: PrinterProfile = {
  id: 'test-epson',
  title: 'A printer that answers everything',
  comment: 'For tests',
  startsInChinese: false,
  widthDots: 576,
  dotsPerInch: 203,
  fonts: { A: FONT },
  codePages: { cp437: 0 },
  chinese: 'none',
  chineseCell: { columns: 2, width: 24, height: 24 },
  cut: 'partial',
  feedBeforeCut: 4,
  qr: true,
  barcodes: [],
  image: 'raster',
  confirmation: 'processId',
  realTimeStatus: true,
  automaticStatus: true,
  identity: true,
  realTimePulse: true,
  recovers: true,
  clearsBuffers: true,
};
export const CLONE_PROFILE: PrinterProfile = {
  ...EPSON_PROFILE,
  id: 'test-clone',
  confirmation: 'barrier',
  automaticStatus: false,
  identity: false,
  realTimePulse: false,
  recovers: false,
  clearsBuffers: false,
};
export const MUTE_PROFILE: PrinterProfile = {
  ...CLONE_PROFILE,
  id: 'test-mute',
  confirmation: 'none',
  realTimeStatus: false,
};

const PROFILES = { epson: EPSON_PROFILE, clone: CLONE_PROFILE, mute: MUTE_PROFILE };
const REOPEN_MS = 400;

export interface PrintingWorldOptions {
  readonly kind: keyof typeof PROFILES;
  readonly model?: Partial<SimulatedModel>;
  readonly bytesPerMs?: number;
  readonly seed?: number;
}

export interface TriedJob {
  readonly jobId: string;
  readonly lines: readonly string[];
  outcome: JobOutcome | undefined;
}

export class PrintingWorld {
  readonly time = new VirtualTime();
  readonly printer: SimulatedPrinter;
  readonly line: SimulatedLine;
  readonly jobs: TriedJob[] = [];
  readonly effects: SessionEffect[] = [];
  condition: PeripheralCondition | undefined;
  session: RunningSession | undefined;
  sessions = 0;
  readonly #profile: PrinterProfile;

  constructor(options: PrintingWorldOptions) {
    this.#profile = PROFILES[options.kind];
    const base = SIMULATED_MODELS[options.kind];
    if (base === undefined) throw new Error(`no model ${options.kind}`);
    const model = { ...base, ...options.model };
    const printers: SimulatedPrinter[] = [];
    this.line = new SimulatedLine({
      time: this.time,
      random: new SeededRandom(options.seed ?? 1),
      bytesPerMs: options.bytesPerMs ?? 100,
      create: (context) => {
        const made = new SimulatedPrinter({
          model,
          context,
          glyphs: plainGlyphs,
          isDrawing: false,
        });
        printers.push(made);
        return made;
      },
    });
    const [printer] = printers;
    if (printer === undefined) throw new Error('no printer was made');
    this.printer = printer;
    this.#supervise();
  }

  /** Sends a job now; without a session nothing happens and nothing is tried. */
  print(lines: readonly string[], { deadlineMs = 30_000, image = false } = {}): TriedJob {
    const job: TriedJob = { jobId: `job-${this.jobs.length}`, lines, outcome: undefined };
    this.jobs.push(job);
    void this.session
      ?.perform({ jobId: job.jobId, operation: 'print', params: { lines, image } }, deadlineMs)
      .then((outcome) => {
        job.outcome = outcome;
      });
    return job;
  }

  perform(operation: string): { outcome: JobOutcome | undefined } {
    const job: { outcome: JobOutcome | undefined } = { outcome: undefined };
    const jobId = `${operation}-${this.time.nowMs}`;
    void this.session?.perform({ jobId, operation, params: {} }, 5_000).then((outcome) => {
      job.outcome = outcome;
    });
    return job;
  }

  run(forMs: number): Promise<void> {
    return this.time.run(this.time.nowMs + forMs);
  }

  /** How often a word stands on paper, in the tray or hanging out of the printer. */
  countOf(line: string): number {
    const pieces = this.printer.pieces.flatMap((piece) => piece.lines);
    return [...pieces, ...this.printer.hanging].filter((one) => one.includes(line)).length;
  }

  #supervise(): void {
    const again = (): void => {
      if (this.printer.isReachable) this.#begin();
      else this.time.after(REOPEN_MS, again);
    };
    again();
  }

  #begin(): void {
    this.sessions += 1;
    const session = runSession({
      machine: new PrinterSession({
        profile: this.#profile,
        wallMs: this.line.clock.wallMs(),
        mayHoldRest:
          this.jobs.findLast((job) => job.outcome?.state !== 'refused')?.outcome?.state ===
          'unknown',
        prepare: ({ params }) => {
          const { lines, image } = params as { lines: string[]; image: boolean };
          return { ok: true, paper: { bytes: bytesOf(lines, image), told: {} } };
        },
      }),
      transport: this.line.open(),
      clock: this.line.clock,
      schedule: this.line.schedule,
      onEffect: (effect) => {
        this.effects.push(effect);
        if (effect.type === 'condition') this.condition = effect.condition;
      },
    });
    this.session = session;
    void session.closed.then(() => {
      if (this.session === session) this.session = undefined;
      this.time.after(REOPEN_MS, () => {
        this.#supervise();
      });
    });
  }
}

/** `ESC @`, the lines, a picture between them, and the cut. */
function bytesOf(lines: readonly string[], image: boolean): Uint8Array {
  const rows = 24;
  const picture = Uint8Array.of(
    0x1d,
    0x76,
    0x30,
    0,
    72,
    0,
    rows,
    0,
    ...Array<number>(72 * rows).fill(0x11),
  );
  const texts = lines.map((line) => Buffer.from(`${line}\n`, 'latin1'));
  const half = Math.ceil(texts.length / 2);
  return Buffer.concat([
    Uint8Array.of(0x1b, 0x40),
    ...texts.slice(0, half),
    ...(image ? [picture] : []),
    ...texts.slice(half),
    Uint8Array.of(0x1d, 0x56, 66, 0),
  ]);
}
