/** The driver for a cash drawer with a serial port (or a trigger box) of its own. */
import type { DriverDefinition, Explain, SerialLine } from '../driver.ts';
import type { DrawerLine, Level } from './drawer-line.ts';
import { SHARED_DRAWER_OPTIONS, readSharedOptions } from './drawer-options.ts';
import { DrawerSession } from './drawer-session.ts';
import { DRAWER_OPERATIONS } from './operations.ts';

/** Often enough for the event of an opening, and little for a line that does nothing else. */
const ASK_EVERY_MS = 500;
const BEL = '07';

export const serialDrawer: DriverDefinition = {
  id: 'cash-drawer/serial',
  category: 'cashDrawer',
  title: 'cash drawer with a serial port',
  options: {
    type: 'object',
    properties: {
      trigger: {
        type: 'string',
        pattern: '^([0-9a-f]{2}){1,32}$',
        allowed: 'bytes in lower-case hexadecimal, such as 07',
        default: BEL,
        description: 'The bytes that open the drawer.',
      },
      status: {
        type: 'string',
        enum: ['none', 'cts', 'dsr', 'dcd', 'byte'],
        default: 'none',
        description:
          'What tells whether it is open: a modem line, a byte that it sends, or nothing.',
      },
      statusBit: {
        type: 'integer',
        minimum: 0,
        maximum: 7,
        default: 0,
        description: 'For status byte: the bit that tells.',
      },
      statusAsk: {
        type: 'string',
        pattern: '^([0-9a-f]{2}){1,8}$',
        allowed: 'bytes in lower-case hexadecimal, such as 05',
        description: 'For status byte: what asks for it, where it does not come by itself.',
      },
      baudRate: {
        type: 'integer',
        minimum: 300,
        maximum: 115_200,
        default: 9_600,
        description: 'Speed of the line.',
      },
      ...SHARED_DRAWER_OPTIONS,
    },
    additionalProperties: false,
  },
  transports: ['serial', 'tcp'],
  line: serialLine,
  fingerprints: [],
  probes: [],
  operations: DRAWER_OPERATIONS,
  testOperation: 'open',
  createSession: (options) =>
    new DrawerSession({ line: lineOf(options), ...readSharedOptions(options) }),
  createExplain: () => explain,
};

function serialLine({ baudRate }: Readonly<Record<string, unknown>>): SerialLine {
  return {
    baudRate: typeof baudRate === 'number' ? baudRate : 9_600,
    dataBits: 8,
    parity: 'none',
    stopBits: 1,
  };
}

function lineOf(options: Readonly<Record<string, unknown>>): DrawerLine {
  const { status = 'none', statusAsk } = options;
  const bit = typeof options['statusBit'] === 'number' ? options['statusBit'] : 0;
  const isAsked = status === 'byte' && typeof statusAsk === 'string';
  return {
    kick: fromHex(options['trigger'], BEL),
    ask: isAsked ? fromHex(statusAsk, '') : undefined,
    askEveryMs: isAsked ? ASK_EVERY_MS : undefined,
    hasLevel: status !== 'none',
    readLevel: (input) => {
      if (input.type === 'lines') {
        return status === 'cts' || status === 'dsr' || status === 'dcd'
          ? levelOf(input.lines[status])
          : undefined;
      }
      const last = input.bytes.at(-1);
      if (status !== 'byte' || last === undefined) return undefined;
      return levelOf((last & (1 << bit)) !== 0);
    },
  };
}

function levelOf(isHigh: boolean): Level {
  return isHigh ? 'high' : 'low';
}

function fromHex(value: unknown, otherwise: string): Uint8Array {
  return Uint8Array.from(Buffer.from(typeof value === 'string' ? value : otherwise, 'hex'));
}

const explain: Explain = (direction, bytes) => {
  const hex = Buffer.from(bytes)
    .toString('hex')
    .replace(/(..)(?!$)/g, '$1 ');
  return [direction === 'in' ? `status ${hex}` : `sends ${hex}`];
};
