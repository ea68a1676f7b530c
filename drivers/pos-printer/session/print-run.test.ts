import t from 'tap';
import { CLONE_PROFILE, EPSON_PROFILE } from '../../../test/printing/printing-world.ts';
import type { JobOutcome } from '../../job.ts';
import type { SessionEffect, SessionInput } from '../../session-machine.ts';
import type { PrinterProfile } from '../printer-profile.ts';
import { PrinterSession } from '../session.ts';

const READY = '\x12\x12\x12\x12';
const PUSHED = '\x10\0\0\x0f';

/** The machine alone: this test is the printer, byte by byte. */
class Bench {
  readonly outcomes = new Map<string, JobOutcome>();
  readonly events: object[] = [];
  written = '';
  nowMs = 0;
  readonly #timers = new Set<string>();
  readonly #machine: PrinterSession;

  constructor(profile: PrinterProfile) {
    this.#machine = new PrinterSession({
      profile,
      wallMs: 0,
      mayHoldRest: false,
      prepare: () => ({ ok: true, paper: { bytes: Buffer.from('receipt\n'), told: {} } }),
    });
    this.step({ type: 'opened' });
    this.says(READY);
  }

  step(input: SessionInput): void {
    for (const effect of this.#machine.step(input, this.nowMs)) this.#carryOut(effect);
  }

  says(text: string): void {
    this.step({ type: 'data', bytes: Buffer.from(text, 'latin1') });
  }

  /** Time passes, and the timer ends if it runs. */
  timer(name: string, afterMs: number): void {
    this.nowMs += afterMs;
    if (this.#timers.delete(name)) this.step({ type: 'timer', name });
  }

  /** A job up to the moment at which only its confirmation is missing. */
  print(jobId: string): void {
    this.step({ type: 'job', job: { jobId, operation: 'print', params: {} } });
    this.says(READY);
  }

  /** The id that was asked for last. */
  get lastId(): string {
    return this.written.split('\x1d(H\x06\x0000').at(-1)?.slice(0, 4) ?? '';
  }

  #carryOut(effect: SessionEffect): void {
    if (effect.type === 'settle') this.outcomes.set(effect.jobId, effect.outcome);
    if (effect.type === 'event') this.events.push(effect.event);
    if (effect.type === 'timer') this.#timers.add(effect.name);
    if (effect.type === 'stopTimer') this.#timers.delete(effect.name);
    if (effect.type !== 'write') return;
    this.written += Buffer.from(effect.bytes).toString('latin1');
    if (effect.mark !== undefined) this.step({ type: 'written', mark: effect.mark });
  }
}

/** A first job is done, so that the printer is known to be clean. */
function epson(): Bench {
  const bench = new Bench(EPSON_PROFILE);
  bench.print('first');
  bench.says(`\x37\x22${bench.lastId}\0`);
  bench.says(`\x37\x22${bench.lastId}\0`);
  return bench;
}

void t.test('only the id of the job itself confirms it', (t) => {
  const bench = epson();
  t.match(bench.outcomes.get('first'), { state: 'done', result: { confirmed: true } });
  const stale = bench.lastId;
  bench.print('a');
  for (const wrong of [stale, '0000', 'zzzz']) bench.says(`\x37\x22${wrong}\0`);
  t.equal(bench.outcomes.get('a'), undefined);
  t.not(bench.lastId, stale);
  bench.says(`\x37\x22${bench.lastId}\0`);
  t.match(bench.outcomes.get('a'), { state: 'done', result: { confirmedBy: 'processId' } });
  t.end();
});

void t.test('an id after a silence confirms nothing, unless a status came unasked', (t) => {
  for (const proves of [false, true]) {
    const bench = epson();
    bench.says(PUSHED);
    bench.print('a');
    bench.timer('poll', 500);
    bench.timer('round', 1_000);
    bench.says(READY);
    if (proves) bench.says(PUSHED);
    bench.says(`\x37\x22${bench.lastId}\0`);
    t.equal(bench.outcomes.get('a')?.state, proves ? 'done' : 'unknown');
  }
  t.end();
});

void t.test('a chunk that does not leave for long counts as a silence', (t) => {
  const bench = epson();
  bench.print('a');
  bench.timer('stall', 2_000);
  bench.says(`\x37\x22${bench.lastId}\0`);
  t.match(bench.outcomes.get('a'), { state: 'unknown', error: { code: 'JOB_INTERRUPTED' } });
  t.end();
});

void t.test('a confirmation that comes too late is told as an event', (t) => {
  const bench = epson();
  bench.print('a');
  const id = bench.lastId;
  bench.step({ type: 'expired', jobId: 'a' });
  t.equal(bench.outcomes.get('a')?.state, 'unknown');
  bench.says(`\x37\x22${id}\0`);
  t.strictSame(bench.events, [{ type: 'printConfirmedLate', jobId: 'a' }]);
  t.end();
});

/** Cleared and with a first job done: each answer ends a wait. */
function clone(): Bench {
  const bench = new Bench(CLONE_PROFILE);
  bench.print('first');
  bench.says('\0');
  bench.timer('clearing', 300);
  bench.says('\0');
  bench.timer('trust', 100);
  return bench;
}

void t.test('the answer to an earlier barrier does not confirm a later job', (t) => {
  const bench = clone();
  t.match(bench.outcomes.get('first'), { state: 'done', result: { confirmedBy: 'barrier' } });
  bench.print('given up');
  bench.step({ type: 'expired', jobId: 'given up' });
  bench.print('a');
  bench.says('\0');
  bench.timer('clearing', 3_000);
  bench.says('\0');
  t.match(bench.outcomes.get('a'), undefined);
  bench.timer('trust', 100);
  t.match(bench.outcomes.get('a'), { state: 'done' });
  bench.print('b');
  bench.step({ type: 'expired', jobId: 'b' });
  bench.print('c');
  // Both answers come: that of `b`, and that of the clearing.
  bench.says('\0\0');
  bench.timer('clearing', 300);
  bench.says('\x03');
  bench.timer('trust', 100);
  t.match(bench.outcomes.get('c'), { state: 'done', result: { clearedBefore: true } });
  t.end();
});

void t.test('noise around a barrier makes it worthless', (t) => {
  const bench = clone();
  bench.print('a');
  bench.says('\xff\0');
  bench.timer('trust', 100);
  t.equal(bench.outcomes.get('a'), undefined);
  t.end();
});

void t.test('every job is settled once when the connection ends', (t) => {
  const bench = epson();
  bench.print('a');
  bench.print('b');
  bench.step({ type: 'closed', reason: 'unplugged' });
  t.equal(bench.outcomes.get('a')?.state, 'unknown');
  t.equal(bench.outcomes.get('b')?.state, 'refused');
  t.end();
});
