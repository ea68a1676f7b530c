/** The driver's machine for one session, with what it is told at its beginning. */
import type { SessionMachine } from '../../drivers/session-machine.ts';
import type { SupervisorOptions } from './supervisor-contract.ts';

export function sessionOf(options: SupervisorOptions): SessionMachine {
  const { driver, driverOptions, clock, sessionFacts } = options;
  const now = { wallMs: () => clock.wallMs(), nowMs: clock.monotonicMs() };
  return driver.createSession(driverOptions, { ...sessionFacts(), ...now });
}
