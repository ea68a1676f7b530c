/**
 * The session with one ESC/POS printer: a pure machine that prints one job at a time, keeps the
 * printer's condition, and serves what hangs off its drawer connector. It promises that no job is
 * ever sent twice, and that a job is `done` only by the printer's own word, where the profile says
 * that the model has one. Everything the printer sends that was not asked for is counted and ignored.
 */
import type { Json } from '../../protocol/json/json-value.ts';
import type { Framed } from '../framer.ts';
import type { Job } from '../job.ts';
import type {
  DeviceIdentity,
  SessionEffect,
  SessionInput,
  SessionMachine,
} from '../session-machine.ts';
import type { PrinterProfile } from './printer-profile.ts';
import { DrawerPort } from './session/drawer-port.ts';
import { EffectList } from './session/effect-list.ts';
import { Introduction } from './session/introduction.ts';
import type { PreparedPaper } from './session/paper-job.ts';
import { POLL_MS, pollAfterMs } from './session/poll-pace.ts';
import { PrintDesk } from './session/print-desk.ts';
import { ProcessIds } from './session/process-ids.ts';
import { StatusWatch } from './session/status-watch.ts';
import type { PrinterFrame } from './status/printer-frame.ts';
import { createStatusFramer } from './status/status-framer.ts';

export interface PrinterSessionParts {
  readonly profile: PrinterProfile;
  /** Bytes for a job that prints; called when its turn comes, with what the printer says it is. */
  readonly prepare: (job: Job, identity: DeviceIdentity) => PreparedPaper;
  /** Milliseconds since 1970: where this session's process ids begin. */
  readonly wallMs: number;
  /** The rest of an unknown job may still be in the printer; its paper is cut off from the next. */
  readonly mayHoldRest: boolean;
}

/** Answers of more than a byte come in one go. */
const FRAME_REST_MS = 250;

export class PrinterSession implements SessionMachine {
  readonly #profile: PrinterProfile;
  readonly #out = new EffectList();
  readonly #watch: StatusWatch;
  readonly #introduction: Introduction;
  readonly #drawer: DrawerPort;
  readonly #desk: PrintDesk;
  readonly #framer;
  #isPollDue = false;
  #hurryUntilMs = -Infinity;
  /** As of the step before, to see what has changed. */
  #was = { isReady: false, isLow: false, isPrinting: false };
  #ignoredBytes = 0;

  constructor({ profile, prepare, wallMs, mayHoldRest }: PrinterSessionParts) {
    const ids = new ProcessIds(wallMs);
    const out = this.#out;
    const watch = new StatusWatch(profile, out);
    const introduction = new Introduction(profile, out);
    const nextId = (): string => ids.next();
    const tell = (): Record<string, Json> => this.#told();
    const desk = new PrintDesk({
      ...{ profile, out, watch, nextId, tell, mayHoldRest },
      prepare: (job) => prepare(job, introduction.identity),
    });
    this.#profile = profile;
    this.#watch = watch;
    this.#introduction = introduction;
    this.#drawer = new DrawerPort(profile, out);
    this.#desk = desk;
    this.#framer = createStatusFramer({
      get text() {
        return introduction.waitsForText;
      },
      get sensor() {
        return desk.waitsForSensor;
      },
    });
  }

  step(input: SessionInput, nowMs: number): readonly SessionEffect[] {
    this.#out.begin(nowMs);
    this.#take(input);
    if (input.type !== 'closed') this.#advance();
    return this.#out.take();
  }

  #take(input: SessionInput): void {
    switch (input.type) {
      case 'opened':
        this.#watch.inquire();
        if (this.#profile.realTimeStatus) this.#out.timer('poll', POLL_MS.first);
        else this.#watch.tellCondition();
        return;
      case 'data':
        this.#read(this.#framer.push(input.bytes));
        if (this.#framer.bufferedBytes > 0) this.#out.timer('frame', FRAME_REST_MS);
        return;
      case 'written':
        this.#out.noteWritten(input.mark);
        this.#desk.run?.written(input.mark);
        return;
      case 'job':
        this.#desk.accept(input.job);
        return;
      case 'expired':
        this.#desk.expire(input.jobId);
        return;
      case 'timer':
        this.#timer(input.name);
        return;
      case 'port':
        this.#fromDrawer(input.bytes);
        return;
      case 'closed':
        this.#desk.close();
        return;
      case 'lines':
        return;
    }
  }

  /** What the inputs made possible, in the order of what matters most. */
  #advance(): void {
    if (this.#watch.takeLostSettings()) this.#introduction.restart();
    const wasClean = this.#desk.isClean();
    this.#desk.advance();
    const isReady = this.#watch.condition.state === 'ready';
    const isPrinting = this.#desk.run !== undefined;
    if (isPrinting && !this.#was.isPrinting) {
      this.#introduction.pause();
      if (this.#profile.realTimeStatus) this.#out.timer('poll', POLL_MS.printing);
    }
    const isCleared = !wasClean && this.#desk.isClean();
    if (isCleared || (isReady && !this.#was.isReady)) {
      this.#introduction.retry(this.#watch.isPushed);
    }
    this.#was = { ...this.#was, isReady, isPrinting };
    this.#serveDrawer();
    // Ordinary questions wait behind what is printed, so they are asked of a printer at rest.
    if (!isPrinting && isReady && this.#watch.rounds > 0) this.#introduction.advance();
    this.#poll();
  }

  #read(all: readonly Framed<PrinterFrame>[]): void {
    for (const framed of all) {
      if (framed.type === 'frame') {
        this.#takeFrame(framed.frame);
        continue;
      }
      this.#ignoredBytes += framed.bytes.length;
      this.#out.add({ type: 'discarded', bytes: framed.bytes, why: framed.why });
      this.#desk.run?.takeNoise();
    }
  }

  #takeFrame(frame: PrinterFrame): void {
    const { rounds } = this.#watch;
    switch (frame.type) {
      case 'realTime':
        this.#watch.takeRealTime(frame.value);
        if (this.#watch.rounds > rounds) this.#tellStatus();
        return;
      case 'automatic':
        this.#watch.takeAutomatic(frame.bytes);
        this.#introduction.takeAutomatic();
        this.#tellStatus();
        return;
      case 'processId':
        this.#desk.takeProcessId(frame.id);
        return;
      case 'text':
        this.#introduction.takeText(frame.text);
        return;
      case 'sensor':
        this.#desk.takeSensor(frame.value);
        return;
      case 'cleared':
        return;
    }
  }

  /** A status came in: the drawer's level and the paper that runs low are told from it. */
  #tellStatus(): void {
    this.#drawer.report(this.#watch.isDrawerHigh);
    const isLow = this.#watch.isPaperLow;
    if (isLow && !this.#was.isLow) this.#out.add({ type: 'event', event: { type: 'paperLow' } });
    this.#was = { ...this.#was, isLow };
  }

  #timer(name: string): void {
    if (name === 'round') this.#watch.roundTimedOut();
    else if (name === 'introduction') this.#introduction.timedOut();
    else if (name === 'frame') this.#read(this.#framer.flush());
    else if (name === 'poll') this.#isPollDue = true;
    else if (name === 'pulse') this.#drawer.giveUp();
    else this.#desk.run?.timer(name);
  }

  #poll(): void {
    if (!this.#isPollDue || !this.#out.isLineFree) return;
    this.#isPollDue = false;
    this.#watch.inquire();
    this.#out.timer(
      'poll',
      pollAfterMs({
        isPrinting: this.#desk.run !== undefined,
        isHurried: this.#out.nowMs < this.#hurryUntilMs,
        isPushed: this.#watch.isPushed,
        isReady: this.#watch.condition.state === 'ready',
      }),
    );
  }

  #fromDrawer(bytes: Uint8Array): void {
    if (!this.#drawer.request(bytes)) return;
    this.#hurryUntilMs = this.#out.nowMs + POLL_MS.hurry;
    if (!this.#profile.realTimeStatus) this.#drawer.report(this.#watch.isDrawerHigh);
    else if (this.#out.isLineFree) this.#watch.inquire();
  }

  #serveDrawer(): void {
    const isReady = this.#watch.condition.state === 'ready';
    const printer = this.#desk.run !== undefined ? 'busy' : isReady ? 'idle' : 'notReady';
    const sent = this.#drawer.advance(printer, this.#desk.cleanness);
    if (sent && this.#profile.realTimeStatus) this.#out.timer('poll', POLL_MS.hurried);
  }

  #told(): Record<string, Json> {
    const { condition, isDrawerHigh } = this.#watch;
    return {
      ready: condition.state === 'ready',
      reasons: [...condition.reasons],
      profile: this.#profile.id,
      confirmation: this.#profile.confirmation,
      automaticStatus: this.#watch.isPushed,
      drawerPin: isDrawerHigh === undefined ? null : isDrawerHigh ? 'high' : 'low',
      ignoredBytes: this.#ignoredBytes,
      identity: { ...this.#introduction.identity },
    };
  }
}
