/** Every driver over its simulator, and over hardware where that is named by its variable. */
import t from 'tap';
import { driverContract, hardwareVariable } from '../../drivers/driver-contract.ts';
import { DRIVERS, driverNamed } from '../../drivers/registry.ts';
import { SIMULATORS } from '../../drivers/simulators.ts';
import { openTransport } from '../../drivers/transport/open-transport.ts';
import { systemClock } from '../../platform/system-clock.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { drawerBehindPrinter } from './drawer-behind-printer.ts';

/** What a till asks, where an operation needs more than its name. */
const REQUESTS: Readonly<Record<string, Record<string, Record<string, unknown>>>> = {
  'pos-printer/escpos': {
    print: { document: { blocks: [{ type: 'text', text: 'Guten Tag' }] } },
    printRaw: { data: Buffer.from('Guten Tag\n').toString('base64') },
  },
};

// The drawer's simulator runs a session of the printer's driver.
await driverNamed('pos-printer/escpos').prepare?.();
const simulators = [...SIMULATORS, drawerBehindPrinter()];

for (const driver of DRIVERS) {
  const address = process.env[hardwareVariable(driver.id)];
  const requests = REQUESTS[driver.id];
  driverContract(t, {
    driver,
    simulator: simulators.find((simulator) => simulator.driver === driver.id),
    clock: systemClock,
    random: new SeededRandom(1).next,
    ...(requests !== undefined && { requests }),
    hardware: address === undefined ? undefined : { address, open: openTransport },
  });
}

void t.test('names are used once', (t) => {
  for (const names of [DRIVERS.map(({ id }) => id), SIMULATORS.map(({ kind }) => kind)]) {
    t.equal(new Set(names).size, names.length, names.join(', '));
  }
  t.end();
});
