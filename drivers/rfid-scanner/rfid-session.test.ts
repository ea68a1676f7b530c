import fc from 'fast-check';
import t from 'tap';
import type { JobOutcome } from '../job.ts';
import { decodeCommand, encodeMessage } from '../pcsc-messages.ts';
import type { SessionEffect } from '../session-machine.ts';
import type { SimulatedDevice } from '../simulator.ts';
import { RfidSession } from './rfid-session.ts';
import { readTag } from './read-tag.ts';
import { tagSimulator } from './tag-simulator.ts';

/** A reader in memory: what the machine writes goes to the simulated tag, and its answers back. */
class Reader {
  readonly effects: SessionEffect[] = [];
  readonly machine: RfidSession;
  readonly tag: SimulatedDevice;
  isThere = false;
  #answer: readonly Uint8Array[] = [];

  constructor(options: Readonly<Record<string, string>> = {}, readNdef = true) {
    this.machine = new RfidSession({ readNdef });
    this.tag = tagSimulator.create(options, {
      schedule: () => () => undefined,
      clock: { wallMs: () => 0, monotonicMs: () => 0 },
      random: () => 0,
      send: (bytes) => {
        this.#answer = [bytes];
      },
      produced: () => undefined,
      unplug: () => {
        this.isThere = false;
      },
    });
    this.step({ type: 'opened' });
  }

  step(input: Parameters<RfidSession['step']>[0]): void {
    for (const effect of this.machine.step(input)) {
      this.effects.push(effect);
      if (effect.type !== 'write') continue;
      const command = decodeCommand(effect.bytes);
      if (command === undefined) throw new Error('the machine wrote no command');
      const answer = this.ask(Buffer.from(command.data, 'hex'));
      const { id } = command;
      if (this.isThere) this.report({ type: 'response', id, data: answer });
      else this.report({ type: 'failed', id, message: 'card removed' });
    }
  }

  ask(command: Uint8Array): string {
    this.#answer = [];
    this.tag.receive(command);
    return Buffer.concat(this.#answer).toString('hex');
  }

  report(report: Parameters<typeof encodeMessage>[0]): void {
    this.step({ type: 'data', bytes: encodeMessage(report) });
  }

  lay(): void {
    this.isThere = true;
    const atr = this.ask(Uint8Array.of(4));
    const uid = this.ask(Uint8Array.of(0xff, 0xca, 0, 0, 0)).slice(0, -4);
    this.report({ type: 'inserted', atr, uid });
  }

  events(): unknown[] {
    return this.effects.flatMap((effect) => (effect.type === 'event' ? [effect.event] : []));
  }

  outcome(jobId: string): JobOutcome | undefined {
    const found = this.effects.filter(
      (effect) => effect.type === 'settle' && effect.jobId === jobId,
    );
    return found.length === 1 && found[0]?.type === 'settle' ? found[0].outcome : undefined;
  }
}

const job = (jobId: string, operation: string) =>
  ({ type: 'job', job: { jobId, operation, params: {} } }) as const;

for (const type of ['2', '4']) {
  void t.test(`a tag of type ${type} is told with what is written on it, then as gone`, (t) => {
    const reader = new Reader({ type, text: 'Äpfel 苹果 '.repeat(20) });
    reader.lay();
    reader.report({ type: 'removed' });
    const uid = '04a1b2c3d4e580';
    t.match(reader.events(), [
      { type: 'tagPresented', uid, ndef: [{ kind: 'text', text: 'Äpfel 苹果 '.repeat(20) }] },
      { type: 'tagRemoved', uid },
    ]);
    t.end();
  });

  void t.test(`a tag of type ${type} without NDEF is told by its number`, (t) => {
    const reader = new Reader({ type });
    reader.tag.command('blank');
    reader.lay();
    t.match(reader.events(), [{ type: 'tagPresented', ndef: [], incomplete: undefined }]);
    t.end();
  });

  void t.test(`a tag of type ${type} torn away while it is read was there, incomplete`, (t) => {
    const reader = new Reader({ type });
    reader.tag.command('tear');
    reader.lay();
    reader.report({ type: 'removed' });
    t.match(reader.events(), [
      { type: 'tagPresented', ndef: [], incomplete: true },
      { type: 'tagRemoved' },
    ]);
    t.end();
  });
}

void t.test('a card that does not answer is given up', (t) => {
  const reader = new Reader();
  reader.report({ type: 'inserted', atr: '3b80800101' });
  t.match(reader.events(), [{ uid: null, incomplete: true }]);
  const silent = new RfidSession({ readNdef: true });
  const bytes = encodeMessage({ type: 'inserted', atr: '3b80800101' });
  t.match(silent.step({ type: 'data', bytes }), [{ type: 'write' }, { type: 'timer' }]);
  t.match(silent.step({ type: 'timer', name: 'answer' }).at(-1), { event: { incomplete: true } });
  const late = encodeMessage({ type: 'response', id: 1, data: '9000' });
  t.same(silent.step({ type: 'data', bytes: late }), [], 'an answer that comes too late');
  t.end();
});

void t.test('a read takes the tag that lies there, or waits for the next', (t) => {
  const reader = new Reader({ text: 'one' });
  reader.step(job('early', 'read'));
  t.equal(reader.outcome('early'), undefined);
  reader.lay();
  t.match(reader.outcome('early'), { state: 'done', result: { ndef: [{ text: 'one' }] } });
  reader.tag.command('text two');
  reader.step(job('again', 'read'));
  t.match(reader.outcome('again'), { state: 'done', result: { ndef: [{ text: 'two' }] } });
  t.equal(reader.events().length, 1, 'it was presented once');
  t.end();
});

void t.test('status, expiry, the end and too many jobs each answer', (t) => {
  const reader = new Reader();
  reader.step(job('s1', 'status'));
  t.same(reader.outcome('s1'), { state: 'done', result: { present: false } });
  reader.step(job('late', 'read'));
  reader.step({ type: 'expired', jobId: 'late' });
  t.match(reader.outcome('late'), { state: 'refused', error: { code: 'JOB_EXPIRED' } });
  for (let at = 0; at <= 16; at++) reader.step(job(`w${at}`, 'read'));
  t.match(reader.outcome('w16'), { state: 'refused', error: { code: 'PERIPHERAL_BUSY' } });
  reader.step({ type: 'closed', reason: 'unplugged' });
  t.match(reader.outcome('w0'), { state: 'refused', error: { code: 'PERIPHERAL_ABSENT' } });
  t.match(reader.outcome('w15'), { state: 'refused', error: { code: 'PERIPHERAL_ABSENT' } });
  t.end();
});

void t.test('without reading, a tag is told by its number at once', (t) => {
  const reader = new Reader({}, false);
  reader.lay();
  t.notOk(reader.effects.some((effect) => effect.type === 'write'));
  t.match(reader.events(), [{ type: 'tagPresented', ndef: [] }]);
  t.end();
});

void t.test('noise is discarded, whatever it is', (t) => {
  const reader = new Reader();
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const effects = reader.machine.step({ type: 'data', bytes });
      return effects.every((effect) => effect.type === 'discarded');
    }),
  );
  t.end();
});

void t.test('no answers of a card keep the conversation for ever', (t) => {
  const atr = fc.constantFrom('3b8f8001804f0ca0000003060300030000000068', '3b80800101');
  const answers = fc.array(fc.uint8Array({ maxLength: 20 }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(atr, answers, fc.boolean(), (atr, answers, isFriendly) => {
      const conversation = readTag(atr);
      let next = conversation.next();
      for (let steps = 0; next.done !== true; steps++) {
        if (steps > 9_000) return false;
        const bytes = answers[steps % answers.length] ?? new Uint8Array();
        next = conversation.next(isFriendly ? Uint8Array.of(...bytes, 0x90, 0x00) : bytes);
      }
      return true;
    }),
  );
  t.end();
});
