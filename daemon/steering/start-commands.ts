/** Lets headquarters' commands act on the parts of the running gateway. */
import type { LogTail } from '../../platform/log-tail.ts';
import { TillgateError } from '../../protocol/errors.ts';
import type { GatewayStatus } from '../control/gateway-status.ts';
import type { LogKeeping, SharedParts } from '../log-keeping.ts';
import type { Peripherals } from '../peripherals/start-peripherals.ts';
import { CommandDesk } from './command-desk.ts';
import { diagnosticsText } from './diagnostics.ts';
import type { Steering } from './start-steering.ts';

export function startCommands(
  parts: SharedParts &
    Pick<LogKeeping, 'ledger' | 'reader'> & {
      peripherals: Peripherals;
      recovery: { readonly status: object | null };
      steering: Steering;
      status: () => GatewayStatus;
      tail: LogTail;
    },
): void {
  const { ledger, reader, clock, log, failed, peripherals, recovery, steering } = parts;
  const desk = new CommandDesk({
    ...{ ledger, reader, clock },
    isRecovering: () => recovery.status !== null,
    actions: {
      restartPeripheral: (peripheralId) => restart(peripherals, peripheralId),
      setLogLevel: (level) => {
        const before = log.level;
        log.level = level;
        return before;
      },
      diagnostics: () => {
        const at = new Date(clock.wallMs()).toISOString();
        const { configuration } = steering.status;
        return diagnosticsText(parts.status(), parts.tail.lines, { at, configuration });
      },
    },
  });
  steering.command(desk).catch(failed);
}

/** What was under way there is settled by it, as when somebody takes the peripheral away. */
async function restart(peripherals: Peripherals, peripheralId: string): Promise<void> {
  const unknown = (): TillgateError =>
    new TillgateError('PERIPHERAL_UNKNOWN', `There is no peripheral ${peripheralId}.`);
  if (peripherals.registry.find(peripheralId) === undefined) throw unknown();
  await peripherals.end(peripheralId);
  // It may have been removed meanwhile.
  const entry = peripherals.registry.find(peripheralId);
  if (entry === undefined) throw unknown();
  await peripherals.start(entry);
}
