import fc from 'fast-check';
import t from 'tap';
import type { Schedule } from '../platform/schedule.ts';
import { TillgateError } from '../protocol/errors.ts';
import type { Job, JobOutcome } from './job.ts';
import { runSession } from './run-session.ts';
import type { RunningSession } from './run-session.ts';
import type { SessionEffect, SessionInput, SessionMachine } from './session-machine.ts';
import { OpenPort } from './transport/open-port.ts';

/** Time that passes only when the test says so. */
class Time {
  nowMs = 0;
  #timers: { atMs: number; callback: () => void }[] = [];

  readonly schedule: Schedule = (callback, delayMs) => {
    const timer = { atMs: this.nowMs + delayMs, callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  };

  get waiting(): number {
    return this.#timers.length;
  }

  pass(ms: number): void {
    const endMs = this.nowMs + ms;
    for (;;) {
      const next = this.#timers
        .filter(({ atMs }) => atMs <= endMs)
        .sort((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.nowMs = next.atMs;
      next.callback();
    }
    this.nowMs = endMs;
  }
}

type Answer = (input: SessionInput, nowMs: number) => readonly SessionEffect[];

interface Stage {
  readonly session: RunningSession;
  readonly port: OpenPort;
  readonly time: Time;
  readonly inputs: SessionInput[];
  readonly told: SessionEffect[];
  readonly written: Uint8Array[];
  readonly failWrites: (error: Error) => void;
  readonly holdWrites: () => () => void;
}

function stage(answer: Answer): Stage {
  const time = new Time();
  const inputs: SessionInput[] = [];
  const told: SessionEffect[] = [];
  const written: Uint8Array[] = [];
  let failure: Error | undefined;
  let gate: Promise<void> = Promise.resolve();
  const port = new OpenPort('serial:/dev/x', {
    write: async (bytes) => {
      await gate;
      if (failure !== undefined) throw failure;
      written.push(bytes);
    },
    release: () => Promise.resolve(),
  });
  const machine: SessionMachine = {
    step: (input, nowMs) => {
      inputs.push(input);
      return answer(input, nowMs);
    },
  };
  const session = runSession({
    machine,
    transport: port,
    clock: { wallMs: () => 0, monotonicMs: () => time.nowMs },
    schedule: time.schedule,
    onEffect: (effect) => {
      told.push(effect);
    },
  });
  return {
    session,
    port,
    time,
    inputs,
    told,
    written,
    failWrites: (error) => {
      failure = error;
    },
    holdWrites: () => {
      let letGo = (): void => undefined;
      gate = new Promise((resolve) => (letGo = resolve));
      return letGo;
    },
  };
}

const job = (jobId: string): Job => ({ jobId, operation: 'weigh', params: {} });
const done: JobOutcome = { state: 'done', result: {} };
const settle = (jobId: string): SessionEffect => ({ type: 'settle', jobId, outcome: done });
const write = (value: number, mark?: number): SessionEffect =>
  mark === undefined
    ? { type: 'write', bytes: Uint8Array.of(value) }
    : { type: 'write', bytes: Uint8Array.of(value), mark };
const end: SessionEffect = {
  type: 'end',
  error: new TillgateError('PERIPHERAL_PROTOCOL', 'it answered something else'),
};
const silent: Answer = () => [];
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const types = (inputs: readonly SessionInput[]): string[] => inputs.map(({ type }) => type);

void t.test(
  'it begins with opened, then hands on what comes in, and ends with closed',
  async (t) => {
    const { session, port, inputs } = stage(silent);
    port.received(Uint8Array.of(1));
    session.toPort(Uint8Array.of(2));
    await session.close();
    t.same(types(inputs), ['opened', 'data', 'port', 'closed']);
    t.same(await session.closed, { reason: 'requested' });
    port.received(Uint8Array.of(3));
    session.toPort(Uint8Array.of(4));
    t.equal(inputs.length, 4, 'nothing after the end');
  },
);

void t.test(
  'effects are carried out in their order, marks come back when all before has left',
  async (t) => {
    const event: SessionEffect = { type: 'event', event: { type: 'weight' } };
    const { inputs, told, written, session } = stage((input) =>
      input.type === 'opened' ? [write(1), write(2, 7), event, write(3)] : [],
    );
    t.same(told, [event]);
    await turn();
    t.same(
      written,
      [1, 2, 3].map((value) => Uint8Array.of(value)),
    );
    t.same(inputs.slice(1), [{ type: 'written', mark: 7 }]);
    await session.close();
  },
);

void t.test('a job is settled once, whatever the machine says afterwards', async (t) => {
  const refused: JobOutcome = {
    state: 'refused',
    error: { code: 'JOB_INVALID', message: '', hint: '' },
  };
  const { session, time } = stage((input) =>
    input.type === 'job'
      ? [settle('a'), { type: 'settle', jobId: 'a', outcome: refused }, settle('never given')]
      : [],
  );
  t.same(await session.perform(job('a'), 1_000), done);
  t.equal(time.waiting, 0, 'its deadline is called off');
  await session.close();
});

void t.test('a job that the machine settles at its deadline is the machine’s', async (t) => {
  const { session, time } = stage((input) =>
    input.type === 'expired' ? [settle(input.jobId)] : [],
  );
  const outcome = session.perform(job('a'), 1_000);
  time.pass(1_000);
  t.same(await outcome, done);
  await session.close();
});

void t.test('a job that nobody settles is unknown after a grace', async (t) => {
  const { session, time, inputs } = stage(silent);
  const outcome = session.perform(job('a'), 1_000);
  time.pass(3_000);
  t.match(await outcome, { state: 'unknown', error: { code: 'JOB_INTERRUPTED' } });
  t.same(types(inputs), ['opened', 'job', 'expired']);
  await session.close();
});

void t.test(
  'a second job under a name that is under way is refused, and the first stands',
  async (t) => {
    const { session, inputs } = stage((input) => (input.type === 'data' ? [settle('a')] : []));
    const first = session.perform(job('a'), 1_000);
    const second = session.perform(job('a'), 1_000);
    t.match(await second, { state: 'refused', error: { code: 'JOB_CONFLICT' } });
    t.equal(types(inputs).filter((type) => type === 'job').length, 1);
    await session.close();
    t.match(await first, { state: 'unknown' });
  },
);

void t.test('timers start anew, stop, and are gone at the end', async (t) => {
  const timer = (name: string, afterMs: number): SessionEffect => ({
    type: 'timer',
    name,
    afterMs,
  });
  const { session, time, inputs, port } = stage((input) => {
    if (input.type === 'opened') return [timer('poll', 100), timer('other', 50)];
    if (input.type === 'data') return [timer('poll', 100), { type: 'stopTimer', name: 'other' }];
    return [];
  });
  time.pass(40);
  port.received(Uint8Array.of(1));
  time.pass(99);
  t.notOk(types(inputs).includes('timer'));
  time.pass(1);
  t.same(inputs.at(-1), { type: 'timer', name: 'poll' });
  port.received(Uint8Array.of(1));
  await session.close();
  t.equal(time.waiting, 0);
});

void t.test('pulled out, jobs end: by the machine, or as unknown', async (t) => {
  const { session, port } = stage((input) => (input.type === 'closed' ? [settle('a')] : []));
  const outcomes = [session.perform(job('a'), 1_000), session.perform(job('b'), 1_000)];
  port.finish({ reason: 'unplugged' });
  t.match(await Promise.all(outcomes), [done, { state: 'unknown' }]);
  t.equal((await session.closed).reason, 'unplugged');
  const after = await session.perform(job('c'), 1_000);
  t.match(after, { state: 'refused', error: { code: 'PERIPHERAL_ABSENT' } });
});

void t.test('between the end of the transport and its telling, no job begins', async (t) => {
  const { session, port } = stage(silent);
  port.finish({ reason: 'unplugged' });
  const outcome = session.perform(job('late'), 1_000);
  await session.closed;
  t.match(await outcome, { state: 'unknown' });
});

void t.test('a write that fails ends the session with its reason', async (t) => {
  const { session, failWrites } = stage((input) => (input.type === 'job' ? [write(1, 1)] : []));
  failWrites(new Error('the cable is on fire'));
  const outcome = session.perform(job('a'), 1_000);
  const told = await session.closed;
  t.match(told, { reason: 'fault', error: { message: /cable is on fire/ } });
  t.match(await outcome, { state: 'unknown' });
});

void t.test('too much to write ends the session too', async (t) => {
  const { session, holdWrites } = stage((input) =>
    input.type === 'job' ? [{ type: 'write', bytes: new Uint8Array(9 * 1024 * 1024) }] : [],
  );
  holdWrites();
  const outcome = session.perform(job('a'), 1_000);
  t.match(await session.closed, { reason: 'fault', error: { code: 'TRANSPORT_FAULT' } });
  t.match(await outcome, { state: 'unknown' });
});

void t.test(
  'a machine that ends it is told as a fault; what it says after is not done',
  async (t) => {
    const { session, written, told, inputs } = stage((input) =>
      input.type === 'data' || input.type === 'job'
        ? [settle('a'), end, write(9), { type: 'event', event: { type: 'weight' } }]
        : [],
    );
    const outcome = session.perform(job('a'), 1_000);
    t.same(await outcome, done);
    const closed = await session.closed;
    t.match(closed, { reason: 'fault', error: { code: 'PERIPHERAL_PROTOCOL' } });
    t.same(written, []);
    t.same(told, []);
    t.same(inputs.at(-1), { type: 'closed', reason: 'fault' });
    t.match(await session.perform(job('b'), 1_000), { state: 'refused' });
  },
);

void t.test('a machine that throws is a fault and loses no job', async (t) => {
  for (const at of ['opened', 'job', 'expired', 'closed'] as const) {
    const { session, time } = stage((input) => {
      if (input.type === at) throw new TypeError('a mistake of ours');
      return [];
    });
    const outcome = session.perform(job('a'), 1_000);
    time.pass(1_000);
    if (at === 'closed') await session.close();
    const closed = await session.closed;
    if (at !== 'closed')
      t.match(closed, { reason: 'fault', error: { message: /mistake of ours/ } });
    t.match((await outcome).state, /refused|unknown/, at);
  }
});

void t.test('an owner that throws does not lose the session or its jobs', async (t) => {
  const time = new Time();
  const port = new OpenPort('serial:/dev/x', {
    write: () => Promise.resolve(),
    release: () => Promise.resolve(),
  });
  const session = runSession({
    machine: {
      step: (input) =>
        input.type === 'job' ? [{ type: 'event', event: { type: 'x' } }, settle('a')] : [],
    },
    transport: port,
    clock: { wallMs: () => 0, monotonicMs: () => 0 },
    schedule: time.schedule,
    onEffect: () => {
      throw new TypeError('a mistake of the owner');
    },
  });
  const outcome = await session.perform(job('a'), 1_000);
  t.match(outcome.state, /done|unknown/);
  t.match(await session.closed, { reason: 'fault', error: { message: /mistake of the owner/ } });
});

void t.test('what an owner gives while effects are carried out waits for them', async (t) => {
  const time = new Time();
  const written: number[] = [];
  const port = new OpenPort('serial:/dev/x', {
    write: (bytes) => {
      written.push(...bytes);
      return Promise.resolve();
    },
    release: () => Promise.resolve(),
  });
  const session: RunningSession = runSession({
    machine: {
      step: (input) => {
        if (input.type === 'data') return [{ type: 'event', event: { type: 'x' } }, write(1)];
        return input.type === 'port' ? [write(2)] : [];
      },
    },
    transport: port,
    clock: { wallMs: () => 0, monotonicMs: () => 0 },
    schedule: time.schedule,
    onEffect: () => session.toPort(Uint8Array.of(0)),
  });
  port.received(Uint8Array.of(1));
  await turn();
  t.same(written, [1, 2]);
  await session.close();
});

void t.test('whatever machine and port do, each job is settled exactly once', async () => {
  const effect = fc.oneof(
    fc.constantFrom('a', 'b', 'c', 'zz').map(settle),
    fc.nat(9).map((value) => write(value, value)),
    fc.nat(50).map((afterMs): SessionEffect => ({ type: 'timer', name: 'x', afterMs })),
    fc.constant(end),
    fc.constant('throw' as const),
    fc.constant<SessionEffect>({ type: 'event', event: { type: 'e' } }),
  );
  const script = fc.array(fc.array(effect, { maxLength: 3 }), { minLength: 1, maxLength: 12 });
  const acts = fc.array(fc.constantFrom('data', 'time', 'unplug', 'close', 'turn'), {
    maxLength: 12,
  });
  await fc.assert(
    fc.asyncProperty(script, acts, async (script, acts) => {
      let step = 0;
      const { session, port, time } = stage(() => {
        const effects = script[step++ % script.length] ?? [];
        if (step > 200) return [];
        return effects.map((effect) => {
          if (effect === 'throw') throw new TypeError('by script');
          return effect;
        });
      });
      let settled = 0;
      const jobs = ['a', 'b', 'c'].map((id) =>
        session.perform(job(id), 30).then(() => {
          settled += 1;
        }),
      );
      for (const act of acts) {
        if (act === 'data') port.received(Uint8Array.of(1));
        else if (act === 'time') time.pass(20);
        else if (act === 'unplug') port.finish({ reason: 'unplugged' });
        else if (act === 'close') void session.close();
        else await turn();
      }
      void session.close();
      await session.closed;
      await Promise.all(jobs);
      return settled === 3 && time.waiting === 0;
    }),
    { numRuns: 150 },
  );
});
