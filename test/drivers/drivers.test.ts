/** Every driver over its simulator, and over hardware where that is named by its variable. */
import t from 'tap';
import { driverContract, hardwareVariable } from '../../drivers/driver-contract.ts';
import { DRIVERS } from '../../drivers/registry.ts';
import { SIMULATORS } from '../../drivers/simulators.ts';
import { openTransport } from '../../drivers/transport/open-transport.ts';
import { systemClock } from '../../platform/system-clock.ts';
import { SeededRandom } from '../support/seeded-random.ts';

for (const driver of DRIVERS) {
  const address = process.env[hardwareVariable(driver.id)];
  driverContract(t, {
    driver,
    simulator: SIMULATORS.find((simulator) => simulator.driver === driver.id),
    clock: systemClock,
    random: new SeededRandom(1).next,
    hardware: address === undefined ? undefined : { address, open: openTransport },
  });
}

void t.test('names are used once', (t) => {
  for (const names of [DRIVERS.map(({ id }) => id), SIMULATORS.map(({ kind }) => kind)]) {
    t.equal(new Set(names).size, names.length, names.join(', '));
  }
  t.end();
});
