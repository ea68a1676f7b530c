/** The driver for a cash drawer that hangs off a receipt printer which this gateway drives. */
import type { DriverDefinition, Explain } from '../driver.ts';
import type { DrawerLine } from './drawer-line.ts';
import { SHARED_DRAWER_OPTIONS, readSharedOptions } from './drawer-options.ts';
import { DrawerSession } from './drawer-session.ts';
import { DRAWER_OPERATIONS } from './operations.ts';

/** In units of 2 ms, as `ESC p` counts. */
const PULSE_UNITS = 60;

export const printerDrawer: DriverDefinition = {
  id: 'cash-drawer/printer',
  category: 'cashDrawer',
  title: 'cash drawer on a receipt printer',
  options: {
    type: 'object',
    properties: {
      connector: {
        type: 'integer',
        minimum: 1,
        maximum: 2,
        default: 1,
        description: 'The pulse: 1 on pin 2 of the connector, 2 on pin 5.',
      },
      onTime: {
        type: 'integer',
        minimum: 1,
        maximum: 255,
        default: PULSE_UNITS,
        description: 'Length of the pulse in units of 2 ms.',
      },
      offTime: {
        type: 'integer',
        minimum: 1,
        maximum: 255,
        default: 120,
        description: 'The least time between two pulses, in units of 2 ms.',
      },
      ...SHARED_DRAWER_OPTIONS,
    },
    additionalProperties: false,
  },
  transports: ['printer'],
  fingerprints: [],
  probes: [],
  operations: DRAWER_OPERATIONS,
  testOperation: 'open',
  createSession: (options) =>
    new DrawerSession({ line: lineOf(options), ...readSharedOptions(options) }),
  createExplain: () => explain,
};

function lineOf(options: Readonly<Record<string, unknown>>): DrawerLine {
  const connector = options['connector'] === 2 ? 2 : 1;
  const onTime = units(options['onTime'], PULSE_UNITS);
  const offTime = units(options['offTime'], 2 * PULSE_UNITS);
  return {
    kick: Uint8Array.of(connector, onTime, offTime),
    // A pulse of no length asks the printer for the level; changes it tells by itself.
    ask: Uint8Array.of(connector, 0, 0),
    askEveryMs: undefined,
    hasLevel: true,
    readLevel: (input) => {
      if (input.type !== 'data') return undefined;
      const last = input.bytes.at(-1);
      return last === undefined ? undefined : last === 0 ? 'low' : 'high';
    },
  };
}

function units(value: unknown, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise;
}

const explain: Explain = (direction, bytes) => {
  if (direction === 'in')
    return Array.from(bytes, (byte) => `pin 3 ${byte === 0 ? 'low' : 'high'}`);
  const [connector = 0, onTime = 0] = bytes;
  return [
    onTime === 0 ? 'asks for the level' : `pulse on connector ${connector}, ${onTime * 2} ms`,
  ];
};
