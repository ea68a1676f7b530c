/**
 * What must hold for every scanner and every scale: no bytes, no request and no order of inputs makes
 * them throw, what they say of themselves is well formed, and every job is settled exactly once.
 */
import fc from 'fast-check';
import t from 'tap';
import { checkValue, withDefaults } from '../config/check-value.ts';
import { ERROR_CODES } from '../protocol/error-codes.ts';
import { must } from '../protocol/must.ts';
import type { DriverDefinition } from './driver.ts';
import { DRIVERS } from './registry.ts';
import type { SessionEffect, SessionInput, SessionMachine } from './session-machine.ts';
import { SIMULATORS } from './simulators.ts';

const drivers = DRIVERS.filter(({ category }) => category === 'scanner' || category === 'scale');
const optionsOf = ({ options }: DriverDefinition): Record<string, unknown> =>
  withDefaults(options, {}) as Record<string, unknown>;
/** So that no two jobs of a run have one name. */
let jobs = 0;
const chunk = fc.uint8Array({ maxLength: 80 });

void t.test('defaults hold, and every driver has a simulator that fits', (t) => {
  for (const driver of drivers) {
    t.strictSame(checkValue(driver.options, optionsOf(driver)), [], driver.id);
    const simulators = SIMULATORS.filter((known) => known.driver === driver.id);
    t.equal(simulators.length, 1, driver.id);
    for (const { driverOptions } of simulators) {
      t.strictSame(checkValue(driver.options, driverOptions), []);
    }
    for (const { score, evidence } of driver.fingerprints) {
      t.ok(score >= 1 && score <= 100 && evidence.length > 10, evidence);
    }
    if (driver.testOperation !== undefined) t.ok(driver.operations[driver.testOperation]);
  }
  t.end();
});

void t.test('a converter alone never decides for a driver', (t) => {
  const converters = new Set(['0403', '10c4', '067b', '1a86']);
  for (const { fingerprints } of drivers) {
    for (const { vendorId, score } of fingerprints) {
      if (converters.has(vendorId ?? '')) t.ok(score <= 10);
    }
  }
  t.end();
});

for (const driver of drivers) {
  void t.test(`${driver.id}: any request is answered`, (t) => {
    const request = fc.dictionary(
      fc.constantFrom('tare', 'unitPrice', 'weight', 'clear', 'durationMs', 'other'),
      fc.jsonValue({ maxDepth: 2 }),
      { maxKeys: 3 },
    );
    fc.assert(
      fc.property(request, (members) => {
        for (const operation of Object.values(driver.operations)) {
          const parsed = operation.parse(members);
          if (!parsed.ok) t.ok(parsed.problem.code in ERROR_CODES);
        }
      }),
      { numRuns: 60 },
    );
    t.end();
  });

  void t.test(`${driver.id}: any bytes are explained and masked`, (t) => {
    fc.assert(
      fc.property(fc.array(chunk, { maxLength: 6 }), (chunks) => {
        const explain = driver.createExplain(optionsOf(driver));
        const mask = driver.createMask?.(optionsOf(driver));
        for (const bytes of chunks) {
          for (const line of explain('in', bytes)) t.notMatch(line, /[\0-\x08\n]/);
          explain('out', bytes);
          if (mask !== undefined) t.equal(mask(bytes).length, bytes.length);
        }
      }),
      { numRuns: 60 },
    );
    t.end();
  });

  void t.test(`${driver.id}: any order of inputs settles each job once`, (t) => {
    fc.assert(
      fc.property(fc.array(anyInput(driver), { maxLength: 40 }), (inputs) => {
        const machine = driver.createSession(optionsOf(driver), { wallMs: () => 0, nowMs: 0 });
        const settled = play(machine, [{ type: 'opened' }, ...inputs]);
        const begun = inputs.flatMap((input) => (input.type === 'job' ? [input.job.jobId] : []));
        t.strictSame(settled.sort(), begun.sort());
      }),
      { numRuns: 100 },
    );
    t.end();
  });
}

function anyInput(driver: DriverDefinition): fc.Arbitrary<SessionInput> {
  const operation = fc.constantFrom(...Object.keys(driver.operations));
  return fc.oneof(
    chunk.map((bytes): SessionInput => ({ type: 'data', bytes })),
    fc
      .constantFrom('answer', 'poll', 'rest', 'ack', 'message')
      .map((name): SessionInput => ({ type: 'timer', name })),
    fc.nat(3).map((mark): SessionInput => ({ type: 'written', mark })),
    operation.map((name): SessionInput => {
      const parsed = must(driver.operations[name], 'it was taken from there').parse({});
      const params = parsed.ok ? parsed.params : undefined;
      return { type: 'job', job: { jobId: `job-${++jobs}`, operation: name, params } };
    }),
  );
}

/** Each input in turn, the same job never twice, and the end; returns what was settled. */
function play(machine: SessionMachine, inputs: readonly SessionInput[]): string[] {
  const settled: string[] = [];
  let nowMs = 0;
  const ends: SessionEffect[] = [];
  const step = (input: SessionInput): void => {
    nowMs += 100;
    for (const effect of machine.step(input, nowMs)) {
      if (effect.type === 'settle') settled.push(effect.jobId);
      if (effect.type === 'end') ends.push(effect);
    }
  };
  const pending: string[] = [];
  for (const input of inputs) {
    if (input.type === 'job') pending.push(input.job.jobId);
    if (ends.length === 0 || input.type === 'job') step(input);
  }
  // Half of them expire before the connection ends.
  for (const jobId of pending.filter((id) => !settled.includes(id)).slice(0, 2)) {
    step({ type: 'expired', jobId });
  }
  step({ type: 'closed', reason: 'unplugged' });
  return settled;
}
