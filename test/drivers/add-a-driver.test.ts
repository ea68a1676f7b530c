/** The example of docs/add-a-driver.md keeps the contract of drivers, as it stands on the page. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import t from 'tap';
import { driverContract } from '../../drivers/driver-contract.ts';
import type { DriverDefinition } from '../../drivers/driver.ts';
import type { SimulatorDefinition } from '../../drivers/simulator.ts';
import { systemClock } from '../../platform/system-clock.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { ownFolder } from '../support/own-folder.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const page = readFileSync(join(ROOT, 'docs/add-a-driver.md'), 'utf8');
const folder = ownFolder(t);

/** Files of the page, each named by its first line; what they import lies in the project. */
for (const [, path = '', code = ''] of page.matchAll(/```ts\n\/\/ (\S+)\n([^]*?)```/g)) {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  const inProject = code
    .replaceAll("'../../", `'${pathToFileURL(ROOT).href}`)
    .replaceAll("'../", `'${pathToFileURL(ROOT).href}drivers/`);
  writeFileSync(file, inProject);
}

const example = (await import(join(folder, 'drivers/plain-scale/plain-driver.ts'))) as {
  plainDriver: DriverDefinition;
  plainSimulator: SimulatorDefinition;
};

driverContract(t, {
  driver: example.plainDriver,
  simulator: example.plainSimulator,
  clock: systemClock,
  random: new SeededRandom(1).next,
});
