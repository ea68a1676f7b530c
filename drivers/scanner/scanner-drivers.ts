/** The drivers for scanners, one a way of connecting. */
import { Type } from '../../config/schema-type.ts';
import type { DriverDefinition, Fingerprint, Mask } from '../driver.ts';
import { explainHidPos, explainSerial, explainSsi } from './explain-scanner.ts';
import { HidPosScannerSession } from './hid-pos-session.ts';
import type { HidPosScannerOptions } from './hid-pos-session.ts';
import { createPaymentMask } from './payment-mask.ts';
import { SCANNER_MEMBERS } from './scanner-options.ts';
import { SCANNER_OPERATIONS } from './scanner-operations.ts';
import { LINE_MEMBERS, SERIAL_MEMBERS, lineOf } from './serial-options.ts';
import type { LineOptions, SerialScannerOptions } from './serial-options.ts';
import { SerialScannerSession } from './serial-session.ts';
import { SSI, ssiCommand } from './ssi-framer.ts';
import { SsiScannerSession } from './ssi-session.ts';
import type { SsiScannerOptions } from './ssi-session.ts';

// Options were checked against the driver's schema before a driver sees them.
type Options = Readonly<Record<string, unknown>>;
const serialOptions = (options: Options): SerialScannerOptions =>
  options as unknown as SerialScannerOptions;
const lineOptions = (options: Options): LineOptions => options as unknown as LineOptions;
const hidOptions = (options: Options): HidPosScannerOptions =>
  options as unknown as HidPosScannerOptions;
const ssiOptions = (options: Options): SsiScannerOptions => options as unknown as SsiScannerOptions;

const createMask = (): Mask => createPaymentMask();

/** USB vendors whose serial devices at a counter are scanners. Datalogic also makes scales. */
const SERIAL_VENDORS: readonly Fingerprint[] = [
  {
    ...{ kind: 'serial', vendorId: '0c2e', score: 70 },
    ...{
      evidence: 'Honeywell by its USB vendor id, as a serial port',
      options: { device: 'honeywell' },
    },
  },
  { kind: 'serial', vendorId: '05e0', score: 65, evidence: 'Zebra/Symbol as a serial port' },
  { kind: 'serial', vendorId: '05f9', score: 60, evidence: 'Datalogic as a serial port' },
  { kind: 'serial', vendorId: '1eab', score: 65, evidence: 'Newland as a serial port' },
];

/** Converters say nothing of what hangs behind them. */
const CONVERTERS: readonly Fingerprint[] = ['0403', '10c4', '067b', '1a86'].map((vendorId) => ({
  ...{ kind: 'serial' as const, vendorId, score: 5 },
  evidence: 'USB-serial converter: may be a scanner, ask a person',
}));

const serialScannerDriver: DriverDefinition = {
  id: 'scanner/serial',
  category: 'scanner',
  title: 'scanner on a serial line',
  options: Type.Object(SERIAL_MEMBERS, { description: 'A scanner that sends text with a suffix.' }),
  transports: ['serial', 'tcp'],
  line: (options) => lineOf(lineOptions(options)),
  fingerprints: [...SERIAL_VENDORS, ...CONVERTERS],
  // It says nothing until something is read.
  probes: [],
  operations: SCANNER_OPERATIONS,
  createSession: (options) => new SerialScannerSession(serialOptions(options)),
  createExplain: (options) => explainSerial(serialOptions(options)),
  createMask,
};

const PROBE_WAIT_MS = 600;

const ssiScannerDriver: DriverDefinition = {
  id: 'scanner/ssi',
  category: 'scanner',
  title: 'Zebra scanner, Simple Serial Interface',
  options: Type.Object(
    { ...SCANNER_MEMBERS, ...LINE_MEMBERS },
    { description: 'A Zebra scanner that is set to SSI with packets and handshake.' },
  ),
  transports: ['serial', 'tcp'],
  line: (options) => lineOf(lineOptions(options)),
  fingerprints: [
    {
      ...{ kind: 'serial', vendorId: '05e0', product: /SSI/i, score: 85 },
      evidence: 'Zebra/Symbol that names SSI as its interface',
    },
    { kind: 'serial', vendorId: '05e0', score: 55, evidence: 'Zebra/Symbol as a serial port' },
  ],
  probes: [
    {
      name: 'SSI at 9600 8N1',
      line: { baudRate: 9600, dataBits: 8, parity: 'none', stopBits: 1 },
      ask: ssiCommand(SSI.requestRevision),
      waitMs: PROBE_WAIT_MS,
      recognise: (answer) => {
        const isSsi = explainSsi()('in', answer).some((line) => line.startsWith('revision '));
        return isSsi
          ? { score: 90, evidence: 'answers an SSI request for its revision' }
          : undefined;
      },
    },
  ],
  operations: SCANNER_OPERATIONS,
  createSession: (options) => new SsiScannerSession(ssiOptions(options)),
  createExplain: explainSsi,
  createMask,
};

const hidPosScannerDriver: DriverDefinition = {
  id: 'scanner/hid-pos',
  category: 'scanner',
  title: 'USB scanner in HID-POS mode',
  options: Type.Object(
    {
      ...SCANNER_MEMBERS,
      reportId: Type.Integer({
        ...{ minimum: 0, maximum: 255, default: 2 },
        description: 'The id of its reports; 0 where they have none.',
      }),
      startReport: Type.String({
        pattern: '^(?:[0-9a-fA-F]{2}){0,64}$',
        default: '',
        description: 'An output report that starts it, in hexadecimal with its id.',
        allowed: 'up to 64 bytes in hexadecimal',
      }),
    },
    { description: 'A scanner that the kernel shows as hidraw, usage page 8C.' },
  ),
  transports: ['hidraw'],
  fingerprints: [
    { kind: 'hidraw', hidUsage: '8c/02', score: 85, evidence: 'HID usage 8C/02: bar code scanner' },
  ],
  probes: [],
  operations: SCANNER_OPERATIONS,
  createSession: (options) => new HidPosScannerSession(hidOptions(options)),
  createExplain: (options) => explainHidPos(hidOptions(options).reportId),
  createMask,
};

export const SCANNER_DRIVERS = [serialScannerDriver, ssiScannerDriver, hidPosScannerDriver];
