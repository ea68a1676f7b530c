/** The drivers for scales, one a protocol, with their line settings and how probing knows them. */
import { Type } from '../../config/schema-type.ts';
import type { SerialLine } from '../driver.ts';
import { DIALOG_06_PROBE, Dialog06 } from './dialog-06.ts';
import { MT_SICS_PROBE, MtSics } from './mt-sics.ts';
import { NCI_PROBE, Nci } from './nci.ts';
import { probesOf, scaleDriver } from './scale-driver.ts';
import type { ScaleOptions } from './scale-options.ts';
import { TOLEDO_8217_PROBE, Toledo8217 } from './toledo-8217.ts';

const line = (baudRate: number, dataBits: 7 | 8, parity: SerialLine['parity']): SerialLine => ({
  ...{ baudRate, dataBits, parity, stopBits: 1 },
});

const [L9600_8N1, L9600_7E1, L9600_7O1] = [
  line(9600, 8, 'none'),
  line(9600, 7, 'even'),
  line(9600, 7, 'odd'),
];

const mtSicsDriver = scaleDriver({
  id: 'scale/mt-sics',
  title: 'scale, MT-SICS',
  line: L9600_8N1,
  operations: ['read', 'live', 'zero', 'tare', 'status'],
  testOperation: 'read',
  fingerprints: [{ vendorId: '0eb8', score: 60, evidence: 'Mettler-Toledo by its USB vendor id' }],
  probes: probesOf('MT-SICS', [L9600_8N1, L9600_7E1], {
    ask: MT_SICS_PROBE,
    pattern: /(^|\n)I4 A "[^"\r\n]*"\r\n/,
    ...{ score: 90, evidence: 'answers MT-SICS I4 with its serial number' },
  }),
  createDialect: () => new MtSics(),
});

const toledo8217Driver = scaleDriver({
  id: 'scale/toledo-8217',
  title: 'scale, Toledo 8217',
  line: L9600_7E1,
  operations: ['read', 'live', 'zero', 'tare', 'status'],
  testOperation: 'read',
  probes: probesOf('Toledo 8217', [L9600_7E1, L9600_8N1], {
    ask: TOLEDO_8217_PROBE,
    pattern: /\x02E\rhello/,
    ...{ score: 90, evidence: 'answers the echo test of Toledo 8217' },
  }),
  createDialect: ({ unit }) => new Toledo8217(unit),
});

const nciDriver = scaleDriver({
  id: 'scale/nci',
  title: 'scale, NCI / ECR (Weigh-Tronix)',
  line: L9600_7E1,
  operations: ['read', 'live', 'zero', 'tare', 'status'],
  testOperation: 'read',
  probes: probesOf('NCI', [L9600_7E1, L9600_8N1], {
    ask: NCI_PROBE,
    pattern: /\n(?:[^\n\x03]*\r\n)?S?[0-?][0-?p-\x7f][0-?]?\r\x03/,
    ...{ score: 85, evidence: 'answers W with weight and status as NCI does' },
  }),
  createDialect: () => new Nci(),
});

/** Three menu settings of one scale; the price is the customer's, so it has its decimals. */
const dialog06Driver = scaleDriver<
  ScaleOptions & { readonly weightDecimals: number; readonly priceDecimals: number }
>({
  id: 'scale/dialog-06',
  title: 'scale with price display, Checkout-Dialog 06',
  line: L9600_7O1,
  members: {
    weightDecimals: Type.Integer({
      ...{ minimum: 0, maximum: 4, default: 3 },
      description: 'Digits behind the point of a weight.',
    }),
    priceDecimals: Type.Integer({
      ...{ minimum: 0, maximum: 4, default: 2 },
      description: 'Digits behind the point of prices and amounts.',
    }),
  },
  operations: ['read', 'live', 'status'],
  // A weight needs a price, and a test has none to give.
  testOperation: 'status',
  // The scale weighs only at rest, and its status 21 is the rule of the empty plate.
  rules: { stableReads: 1, zeroReturn: false },
  probes: probesOf('Dialog 06', [L9600_7O1, line(4800, 7, 'odd'), line(2400, 7, 'odd')], {
    ask: DIALOG_06_PROBE,
    pattern: /\x0209\x1b\d\d\x03/,
    ...{ score: 90, evidence: 'answers the status request of Dialog 06' },
  }),
  createDialect: (options) => new Dialog06(options),
});

export const SCALE_DRIVERS = [mtSicsDriver, toledo8217Driver, nciDriver, dialog06Driver];
