/** The verbs about peripherals; what needs a peripheral at work needs the daemon running. */
import type { Clock } from '../../protocol/clock.ts';
import { TillgateError } from '../../protocol/errors.ts';
import type { Answer, Append } from '../ledger/commands.ts';
import { newPeripheralOf, PeripheralOperations } from './peripheral-operations.ts';
import type { PeripheralOperationsOptions } from './peripheral-operations.ts';
import type { PeripheralTrial } from './peripheral-trial.ts';
import type { Verb, VerbTable } from './verbs.ts';

export interface PeripheralVerbsOptions {
  ledger: { append(command: Append): Promise<Answer> };
  clock: Clock;
  peripherals: Pick<PeripheralOperationsOptions, 'registry' | 'live'>;
  /** Only with the daemon running. */
  trial?: PeripheralTrial;
}

type PeripheralVerb = Extract<Verb, `peripheral.${string}`>;

export function peripheralVerbs(options: PeripheralVerbsOptions): Pick<VerbTable, PeripheralVerb> {
  const { ledger, clock } = options;
  const peripherals = new PeripheralOperations({ ...options.peripherals, ledger, clock });
  const trial = (): PeripheralTrial => {
    if (options.trial !== undefined) return options.trial;
    throw new TillgateError('PERIPHERAL_ABSENT', 'The gateway is not running.', {
      hint: 'start it with `tillgate run`, or as the service',
    });
  };
  return {
    'peripheral.add': (request) => peripherals.add(newPeripheralOf(request)),
    'peripheral.list': () => ({ peripherals: peripherals.list() }),
    'peripheral.remove': ({ peripheralId }) => peripherals.remove(peripheralId),
    'peripheral.test': ({ peripheralId, seconds }) => trial().test(peripheralId, Number(seconds)),
    'peripheral.log': ({ peripheralId, after }) => trial().log(peripheralId, Number(after)),
  };
}
