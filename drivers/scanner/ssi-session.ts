/**
 * A Zebra scanner over SSI with its handshake: every packet of the decoder is acknowledged, a damaged
 * one is asked for again, and a command of ours is sent at most three times until it is. A packet
 * that comes again because our acknowledgement was lost is acknowledged and not told twice.
 */
import type { Framed } from '../framer.ts';
import type { Job, JobOutcome } from '../job.ts';
import { refusedJob } from '../job-problem.ts';
import type { SessionEffect, SessionInput, SessionMachine } from '../session-machine.ts';
import { symbologyOfSsi } from './barcode/symbology.ts';
import { createPaymentMask } from './payment-mask.ts';
import { ScanReporter } from './scan-reporter.ts';
import type { ScannerOptions } from './scanner-options.ts';
import type { ScannerCommand } from './scanner-operations.ts';
import type { LineOptions } from './serial-options.ts';
import { SSI, SsiFramer, ssiCommand } from './ssi-framer.ts';
import type { SsiPacket } from './ssi-framer.ts';
import { SsiCommands } from './ssi-commands.ts';
import { SsiMessage } from './ssi-message.ts';

/** The decoder repeats a packet twice, two seconds apart; then the rest of a message never comes. */
const MESSAGE_REST_MS = 7_000;
/** Our NAK: send it again. */
const NAK_RESEND = 1;

export type SsiScannerOptions = ScannerOptions & LineOptions;

export class SsiScannerSession implements SessionMachine {
  readonly #options: SsiScannerOptions;
  readonly #framer = new SsiFramer();
  readonly #reporter: ScanReporter;
  readonly #commands = new SsiCommands();
  readonly #message = new SsiMessage();
  /** The last packet that was acknowledged, to know it when it comes again. */
  #last = '';
  #isReady = false;
  #effects: SessionEffect[] = [];

  constructor(options: SsiScannerOptions) {
    this.#options = options;
    this.#reporter = new ScanReporter(options);
  }

  step(input: SessionInput, nowMs: number): readonly SessionEffect[] {
    this.#effects = [];
    switch (input.type) {
      case 'opened':
        this.#open();
        break;
      case 'data':
        this.#take(this.#framer.push(input.bytes), nowMs);
        break;
      case 'timer':
        this.#timer(input.name, nowMs);
        break;
      case 'job':
        this.#begin(input.job);
        break;
      case 'expired':
        this.#settle(input.jobId, notAnswered());
        this.#commands.forget(input.jobId);
        break;
      case 'closed':
        for (const jobId of this.#commands.clear()) this.#settle(jobId, notAnswered());
        break;
      default:
    }
    return this.#effects;
  }

  /** Not ready until it says something: the port may be that of a converter without a scanner. */
  #open(): void {
    this.#tell('notReady', ['SCAN_NO_ANSWER']);
    this.#commands.add({ opcode: SSI.requestRevision });
    this.#commands.add({ opcode: this.#enabling(this.#reporter.isEnabled) });
    this.#sendNext();
  }

  #take(framed: readonly Framed<SsiPacket>[], nowMs: number): void {
    for (const item of framed) {
      if (item.type === 'frame') {
        this.#packet(item.frame, nowMs);
        continue;
      }
      this.#effects.push({ ...item, bytes: createPaymentMask()(item.bytes) });
    }
    // One for all that was damaged, and none where a good packet came after it.
    const last = framed.at(-1);
    if (last?.type === 'discarded' && last.why !== 'noise') {
      this.#effects.push({ type: 'write', bytes: ssiCommand(SSI.nak, [NAK_RESEND]) });
    }
    const rest = { name: 'rest', afterMs: this.#options.interCharacterMs };
    const isOpen = this.#framer.bufferedBytes > 0;
    this.#effects.push(isOpen ? { type: 'timer', ...rest } : { type: 'stopTimer', name: 'rest' });
  }

  #packet(packet: SsiPacket, nowMs: number): void {
    if (packet.source !== SSI.decoder) return;
    if (!this.#isReady) {
      this.#isReady = true;
      this.#tell('ready', []);
    }
    if (packet.opcode === SSI.ack || packet.opcode === SSI.nak) {
      this.#answered(packet);
      return;
    }
    this.#effects.push({ type: 'write', bytes: ssiCommand(SSI.ack) });
    const { opcode, status, data } = packet;
    const key = `${opcode} ${status & ~SSI.retransmit} ${Buffer.from(data).toString('latin1')}`;
    const isAgain = (status & SSI.retransmit) !== 0 && key === this.#last;
    this.#last = key;
    if (isAgain) return;
    if (opcode === SSI.replyRevision) this.#identify(data);
    if (opcode === SSI.decodeData) this.#decoded(packet, nowMs);
  }

  #decoded(packet: SsiPacket, nowMs: number): void {
    const code = this.#message.add(packet);
    if (code === 'more') {
      this.#effects.push({ type: 'timer', name: 'message', afterMs: MESSAGE_REST_MS });
      return;
    }
    this.#effects.push({ type: 'stopTimer', name: 'message' });
    if (code === 'oversized') {
      this.#effects.push({ type: 'discarded', bytes: new Uint8Array(), why: 'oversized' });
    } else if (code.bytes.length > 0) {
      const { bytes, type } = code;
      this.#effects.push(
        ...this.#reporter.scanned({ bytes, symbology: symbologyOfSsi(type) }, nowMs),
      );
    }
  }

  /** `software blank board blank engine`. */
  #identify(data: Uint8Array): void {
    this.#commands.confirmed();
    const [firmware = ''] = Buffer.from(data).toString('latin1').trim().split(/\s+/);
    this.#effects.push({ type: 'identity', identity: { maker: 'Zebra', firmware } });
    this.#sendNext();
  }

  #answered({ opcode, data }: SsiPacket): void {
    const { waiting } = this.#commands;
    if (waiting === undefined) return;
    const isAgain = opcode === SSI.nak && data[0] === NAK_RESEND;
    if (isAgain) {
      this.#sendAgain();
      return;
    }
    // The revision is an answer of its own, after the acknowledgement of some models.
    if (waiting.opcode === SSI.requestRevision && opcode === SSI.ack) return;
    this.#commands.confirmed();
    if (waiting.jobId !== undefined) {
      this.#settle(waiting.jobId, opcode === SSI.ack ? done(waiting.opcode) : denied());
    }
    this.#sendNext();
  }

  #timer(name: string, nowMs: number): void {
    if (name === 'rest') this.#take(this.#framer.flush(), nowMs);
    if (name === 'message') {
      const bytes = createPaymentMask()(this.#message.giveUp());
      this.#effects.push({ type: 'discarded', bytes, why: 'incomplete' });
    }
    if (name === 'ack') this.#sendAgain();
  }

  #begin({ jobId, params }: Job): void {
    const command = params as ScannerCommand;
    if (command === 'status') {
      this.#settle(jobId, { state: 'done', result: this.#reporter.status() });
      return;
    }
    this.#reporter.isEnabled = command === 'enable';
    const isAdded = this.#commands.add({ opcode: this.#enabling(command === 'enable'), jobId });
    if (!isAdded) this.#settle(jobId, refusedJob('PERIPHERAL_BUSY', 'Too many commands wait.'));
    else if (this.#commands.waiting === undefined) this.#sendNext();
  }

  #sendNext(): void {
    const { effects } = this.#commands.next();
    this.#effects.push(...effects);
  }

  #sendAgain(): void {
    const { effects, failed } = this.#commands.again();
    this.#effects.push(...effects);
    if (failed === undefined) return;
    if (failed.jobId !== undefined) this.#settle(failed.jobId, notAnswered());
    this.#isReady = false;
    this.#tell('notReady', ['SCAN_NO_ANSWER']);
    this.#sendNext();
  }

  #enabling(isEnabled: boolean): number {
    return isEnabled ? SSI.scanEnable : SSI.scanDisable;
  }

  #settle(jobId: string, outcome: JobOutcome): void {
    this.#effects.push({ type: 'settle', jobId, outcome });
  }

  #tell(state: 'ready' | 'notReady', reasons: readonly string[]): void {
    this.#effects.push({ type: 'condition', condition: { state, reasons } });
  }
}

function done(opcode: number): JobOutcome {
  const enabled = opcode === SSI.scanEnable;
  return { state: 'done', result: { enabled, confirmedBy: 'device' } };
}

const denied = (): JobOutcome =>
  refusedJob('PERIPHERAL_NOT_READY', 'The scanner refused the command.');

const notAnswered = (): JobOutcome =>
  refusedJob('PERIPHERAL_NOT_READY', 'The scanner did not answer; its beam may be on or off.', {
    hint: 'Check power and cable; the gateway tells its codes as it was asked in any case.',
  });
