/**
 * A driver at work in a test: its session over its simulator in memory (or over any transport), with
 * what it tells kept, and jobs asked as a till would. A job that never ends is reported as such.
 */
import type { Test } from 'tap';
import { withDefaults } from '../config/check-value.ts';
import { systemSchedule } from '../platform/schedule.ts';
import type { Clock } from '../protocol/clock.ts';
import type { DriverDefinition } from './driver.ts';
import type { JobOutcome } from './job.ts';
import { runSession } from './run-session.ts';
import type { RunningSession } from './run-session.ts';
import type { SessionEffect } from './session-machine.ts';
import { createSimulatorLink } from './simulation/simulator-link.ts';
import type { SimulatorLink } from './simulation/simulator-link.ts';
import type { SimulatorDefinition } from './simulator.ts';
import type { Transport } from './transport/transport.ts';

export interface DriverSubject {
  readonly driver: DriverDefinition;
  readonly clock: Clock;
  /** 0 ≤ x < 1, seeded. */
  readonly random: () => number;
  /** Requests that fit the driver, by operation; without one, the operation is asked with `{}`. */
  readonly requests?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

export interface DriverStage {
  readonly session: RunningSession;
  readonly told: SessionEffect[];
  /** The first condition; undefined when none came in time. */
  condition(): Promise<SessionEffect | undefined>;
  ask(operation: string, deadlineMs?: number): Promise<JobOutcome>;
}

/** A device says what state it is in within this, or it is not there. */
const CONDITION_WAIT_MS = 10_000;
/** Short, so that a job which is never settled costs little. */
const JOB_DEADLINE_MS = 400;
/** What the shell adds before it settles by itself. */
const GRACE_MS = 2_500;

export async function simulatedStage(
  t: Test,
  around: {
    readonly subject: DriverSubject;
    readonly simulator: SimulatorDefinition;
    readonly garble?: (bytes: Uint8Array) => Uint8Array;
  },
): Promise<DriverStage & { readonly link: SimulatorLink }> {
  const { subject, simulator, garble } = around;
  await subject.driver.prepare?.();
  const link = createSimulatorLink({
    definition: simulator,
    schedule: systemSchedule,
    clock: subject.clock,
    random: subject.random,
    ...(garble === undefined ? {} : { garble }),
  });
  t.teardown(() => link.close());
  const stage = beginStage(subject, link.transport, optionsOf(subject.driver, simulator));
  return { ...stage, link };
}

export function beginStage(
  subject: DriverSubject,
  transport: Transport,
  options: Readonly<Record<string, unknown>>,
): DriverStage {
  const { driver, clock, requests = {} } = subject;
  const told: SessionEffect[] = [];
  const first = Promise.withResolvers<SessionEffect>();
  const session = runSession({
    machine: driver.createSession(options, {
      wallMs: () => clock.wallMs(),
      nowMs: clock.monotonicMs(),
    }),
    transport,
    clock,
    schedule: systemSchedule,
    onEffect: (effect) => {
      told.push(effect);
      if (effect.type === 'condition') first.resolve(effect);
    },
  });
  let jobs = 0;
  return {
    session,
    told,
    condition: () => within(first.promise, CONDITION_WAIT_MS),
    ask: async (operation, deadlineMs = JOB_DEADLINE_MS) => {
      const parsed = driver.operations[operation]?.parse(requests[operation] ?? {});
      if (parsed?.ok !== true)
        return { state: 'refused', error: parsed?.problem ?? noSuch(operation) };
      jobs += 1;
      const job = { jobId: `job-${jobs}`, operation, params: parsed.params };
      return (await within(session.perform(job, deadlineMs), deadlineMs + GRACE_MS)) ?? never();
    },
  };
}

export function optionsOf(
  driver: DriverDefinition,
  simulator: SimulatorDefinition,
): Readonly<Record<string, unknown>> {
  const options = withDefaults(driver.options, { ...simulator.driverOptions });
  return options as Readonly<Record<string, unknown>>;
}

function within<T>(promise: Promise<T>, waitMs: number): Promise<T | undefined> {
  return new Promise((resolve) => {
    const stop = systemSchedule(() => resolve(undefined), waitMs);
    void promise.then((value) => {
      stop();
      resolve(value);
    });
  });
}

/** No state that an outcome may have: the suite is there to find it. */
function never(): JobOutcome {
  const error = { code: 'JOB_EXPIRED', message: 'it never ended', hint: '' } as const;
  return { state: 'never' as 'unknown', error };
}

function noSuch(operation: string) {
  return { code: 'JOB_OPERATION', message: `no operation ${operation}`, hint: 'none' } as const;
}
