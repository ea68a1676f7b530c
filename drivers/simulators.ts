/** Every simulated device there is; `tillgate peripheral simulate KIND` and the tests run them. */
import type { SimulatorDefinition } from './simulator.ts';

export const SIMULATORS: readonly SimulatorDefinition[] = [];
