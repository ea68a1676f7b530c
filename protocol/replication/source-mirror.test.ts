/**
 * Goal: over a channel that loses, doubles and reorders messages, with crashes of both sides and a
 * receiver restored from an old backup, the receiver ends with exactly the sender's leaves: never
 * a gap, never a double, never a leaf that the log does not hold at that place.
 *
 * Method: a simulation in virtual time whose every choice comes from a fast-check seed. The real
 * source, messages and mirror run; only the network, the clock and the disks are simulated. After
 * each step the receiver's leaves must be a prefix of the log; once faults stop, it must catch up.
 */
import fc from 'fast-check';
import t from 'tap';
import { openHead } from './head.ts';
import { decodeMessage, encodeMessage } from './messages.ts';
import { Source, type SourceEvent } from './source.ts';
import { SampleLog } from './fixtures/sample-log.ts';
import { SampleReceiver } from './fixtures/sample-receiver.ts';
import { SeededRandom } from '../../test/support/seeded-random.ts';

type Fault = 'none' | 'drop' | 'duplicate' | 'delay' | 'flip';
type Step =
  | { type: 'append'; count: number }
  | { type: 'pass'; ms: number }
  | { type: 'cut' }
  | { type: 'crashSource'; knowsHead: boolean }
  | { type: 'crashReceiver' }
  | { type: 'restoreReceiver' }
  | { type: 'faults'; faults: Fault[] };

type InFlight = { atMs: number; order: number; payload: Uint8Array; towards: 'up' | 'down' };

const LATENCY_MS = 20;

class World {
  readonly log = new SampleLog();
  receiver = new SampleReceiver();
  readonly events: SourceEvent[] = [];
  nowMs = 0;
  faults: Fault[] = [];
  #source: Source;
  #channel: InFlight[] = [];
  #order = 0;
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
    this.receiver.admit(this.log.origin, this.log.signer.vkey);
    this.#source = this.#startSource(0);
  }

  step(step: Step): void {
    switch (step.type) {
      case 'append':
        this.log.appendMany(step.count);
        this.#source.committed(this.log.size, this.nowMs);
        break;
      case 'pass':
        this.run(step.ms);
        break;
      case 'cut':
        this.#channel = [];
        this.#source.disconnected();
        this.#source.connected(this.nowMs);
        break;
      case 'crashSource':
        this.#source = this.#startSource(step.knowsHead ? this.#source.acknowledgedSize : 0);
        break;
      case 'crashReceiver':
        this.#restart(this.receiver.leaves(this.log.origin).length);
        break;
      case 'restoreReceiver':
        this.#restart(Math.floor(this.receiver.leaves(this.log.origin).length / 2));
        break;
      case 'faults':
        this.faults = [...step.faults];
        break;
    }
  }

  /** Lets time pass in steps, sending and delivering what is due. */
  run(ms: number): void {
    const endMs = this.nowMs + ms;
    for (;;) {
      this.#send();
      const arrival = this.#earliest();
      const action = this.#source.next(this.nowMs);
      const wakeMs = action.type === 'wait' ? (action.untilMs ?? Infinity) : this.nowMs;
      const nextMs = Math.min(arrival?.atMs ?? Infinity, Math.max(wakeMs, this.nowMs + 1));
      if (nextMs > endMs) break;
      this.nowMs = Math.max(this.nowMs, nextMs);
      if (arrival !== undefined && arrival.atMs <= this.nowMs) this.#deliver(arrival);
    }
    this.nowMs = endMs;
  }

  get settled(): boolean {
    return this.receiver.leaves(this.log.origin).length === this.log.size;
  }

  /** What the receiver holds is a prefix of the log, byte for byte. */
  isPrefix(): boolean {
    const held = this.receiver.leaves(this.log.origin);
    return held.every((leaf, i) => Buffer.compare(leaf, this.log.leaves[i] ?? Buffer.of()) === 0);
  }

  #startSource(acknowledgedSize: number): Source {
    const source = new Source({
      committedSize: this.log.size,
      acknowledgedSize,
      rootAt: (size) => this.log.root(size),
      firstRound: Math.floor(this.#random() * 2 ** 40),
      random: this.#random,
      limits: { maxBytesPerSecond: 0, maxEntriesPerSecond: 0 },
    });
    source.connected(this.nowMs);
    return source;
  }

  #restart(size: number): void {
    const before = this.receiver;
    this.receiver = new SampleReceiver();
    this.receiver.admit(this.log.origin, this.log.signer.vkey);
    for (const [name, blob] of before.blobs) this.receiver.blobs.set(name, blob);
    if (size > 0) this.receiver.receive(encodeMessage(this.log.batch(0, size, 0)));
  }

  #send(): void {
    const { log } = this;
    for (;;) {
      const action = this.#source.next(this.nowMs);
      if (action.type === 'wait') return;
      const { round } = action;
      if (action.type === 'checkpoint') {
        const message = {
          type: 'checkpoint',
          origin: log.origin,
          round,
          note: log.note(),
        } as const;
        this.#transmit(encodeMessage(message), 'up');
        continue;
      }
      const { start } = action;
      const end = Math.min(action.endMax, start + 1 + Math.floor(this.#random() * 5));
      const payload = encodeMessage(log.batch(start, end, round));
      this.#transmit(payload, 'up');
      const entries = end - start;
      this.#source.sent({ start, end, entries, bytes: payload.length, workMs: 1 }, this.nowMs);
    }
  }

  #transmit(payload: Uint8Array, towards: 'up' | 'down'): void {
    const fault = this.faults.shift() ?? 'none';
    if (fault === 'drop') return;
    const bytes = Uint8Array.from(payload);
    if (fault === 'flip') bytes[Math.floor(this.#random() * bytes.length)] = 0x5a;
    const delayMs = fault === 'delay' ? Math.floor(this.#random() * 20_000) : 0;
    const atMs = this.nowMs + LATENCY_MS + delayMs;
    this.#channel.push({ atMs, order: this.#order++, payload: bytes, towards });
    if (fault === 'duplicate') this.#transmit(payload, towards);
  }

  #earliest(): InFlight | undefined {
    this.#channel.sort((a, b) => a.atMs - b.atMs || a.order - b.order);
    return this.#channel[0];
  }

  #deliver(arrival: InFlight): void {
    this.#channel.splice(this.#channel.indexOf(arrival), 1);
    if (arrival.towards === 'up') {
      for (const answer of this.receiver.receive(arrival.payload)) this.#transmit(answer, 'down');
      return;
    }
    const decoded = decodeMessage(arrival.payload);
    if (!decoded.ok || decoded.message.type !== 'head') return;
    const opened = openHead(decoded.message, [this.receiver.durableSigner.vkey]);
    if (!opened.ok) return;
    const { round, reason, retryAfterMs } = decoded.message;
    const { signed } = opened;
    this.events.push(...this.#source.head({ round, signed, reason, retryAfterMs }, this.nowMs));
  }
}

const faultArb = fc.constantFrom<Fault>('none', 'drop', 'duplicate', 'delay', 'flip');
const stepArb: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ type: fc.constant('append' as const), count: fc.integer({ min: 1, max: 12 }) }),
  fc.record({ type: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 30_000 }) }),
  fc.record({ type: fc.constant('cut' as const) }),
  fc.record({ type: fc.constant('crashSource' as const), knowsHead: fc.boolean() }),
  fc.record({ type: fc.constant('crashReceiver' as const) }),
  fc.record({ type: fc.constant('restoreReceiver' as const) }),
  fc.record({
    type: fc.constant('faults' as const),
    faults: fc.array(faultArb, { maxLength: 30 }),
  }),
);

/** More than the longest back-off, an answer that never comes and a heartbeat together. */
const SETTLE_MS = 900_000;

void t.test('whatever the channel does, the mirror ends equal to the log', (t) => {
  fc.assert(
    fc.property(fc.integer(), fc.array(stepArb, { maxLength: 25 }), (seed, steps) => {
      const world = new World(new SeededRandom(seed).next);
      world.log.appendMany(3);
      world.step({ type: 'append', count: 1 });
      for (const step of steps) {
        world.step(step);
        if (!world.isPrefix()) return false;
      }
      world.faults = [];
      world.run(SETTLE_MS);
      const stopped = world.events.some(
        (event) => event.type === 'fork' || event.type === 'behind',
      );
      return world.isPrefix() && world.settled && !stopped;
    }),
    { numRuns: 150 },
  );
  t.end();
});

void t.test('a mirror restored from a backup is noticed, named and filled again', (t) => {
  const world = new World(new SeededRandom(1).next);
  world.step({ type: 'append', count: 12 });
  world.run(5_000);
  t.ok(world.settled);
  world.step({ type: 'restoreReceiver' });
  world.run(120_000);
  t.ok(world.settled, 'the heartbeat found it');
  const regressed = world.events.filter((event) => event.type === 'regressed');
  t.equal(regressed.length, 1);
  t.match(regressed[0], { fromSize: 12, head: { size: 6 } });
  t.end();
});

void t.test('no fault at all needs no resend', (t) => {
  const world = new World(new SeededRandom(2).next);
  world.step({ type: 'append', count: 40 });
  world.run(10_000);
  t.ok(world.settled);
  t.same(world.receiver.refusals, []);
  t.same(
    world.events.filter(({ type }) => type !== 'acknowledged'),
    [],
  );
  t.end();
});
