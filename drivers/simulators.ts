/** Every simulated device there is; `tillgate peripheral simulate KIND` and the tests run them. */
import { drawerSimulator } from './cash-drawer/simulator/drawer-simulator.ts';
import { printerSimulator } from './pos-printer/simulator/printer-simulator.ts';
import { tagSimulator } from './rfid-scanner/tag-simulator.ts';
import { SCALE_SIMULATORS } from './scale/scale-simulator.ts';
import { SCANNER_SIMULATORS } from './scanner/scanner-simulator.ts';
import type { SimulatorDefinition } from './simulator.ts';

export const SIMULATORS: readonly SimulatorDefinition[] = [
  tagSimulator,
  printerSimulator,
  drawerSimulator,
  ...SCANNER_SIMULATORS,
  ...SCALE_SIMULATORS,
];
