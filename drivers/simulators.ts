/** Every simulated device there is; `tillgate peripheral simulate KIND` and the tests run them. */
import { tagSimulator } from './rfid-scanner/tag-simulator.ts';
import type { SimulatorDefinition } from './simulator.ts';

export const SIMULATORS: readonly SimulatorDefinition[] = [tagSimulator];
