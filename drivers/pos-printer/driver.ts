/** The driver for receipt printers that speak ESC/POS, over whatever carries their bytes. */
import type { Json } from '../../protocol/json/json-value.ts';
import type { ReceiptDocument } from '../../protocol/receipt/document.ts';
import { testPage } from '../../protocol/receipt/test-page.ts';
import type { DriverDefinition, SerialLine } from '../driver.ts';
import type { Job } from '../job.ts';
import type { DeviceIdentity } from '../session-machine.ts';
import type { EncodeNotes } from './encoding/encode-document.ts';
import { encodeDocument, prepareEncoding } from './encoding/encode-document.ts';
import { createPrinterExplain } from './explain.ts';
import { PRINTER_FINGERPRINTS, PRINTER_PROBES } from './fingerprints.ts';
import { PRINTER_OPERATIONS } from './operations.ts';
import type { PrintParams, RawParams } from './operations.ts';
import { PRINTER_OPTIONS, readPrinterOptions } from './printer-options.ts';
import type { PrinterOptions } from './printer-options.ts';
import type { PrinterProfile } from './printer-profile.ts';
import { PrinterSession } from './session.ts';
import type { PreparedPaper } from './session/paper-job.ts';

export const escposPrinter: DriverDefinition = {
  id: 'pos-printer/escpos',
  category: 'posPrinter',
  title: 'ESC/POS receipt printer',
  options: PRINTER_OPTIONS,
  transports: ['usb', 'tcp', 'serial', 'lp'],
  line: serialLine,
  fingerprints: PRINTER_FINGERPRINTS,
  probes: PRINTER_PROBES,
  operations: PRINTER_OPERATIONS,
  testOperation: 'testPage',
  prepare: prepareEncoding,
  createSession: (options, context) => {
    const read = readPrinterOptions(options);
    const { logos = new Map<string, Uint8Array>() } = context;
    return new PrinterSession({
      profile: read.profile,
      wallMs: context.wallMs(),
      mayHoldRest: context.mayHoldRest ?? false,
      prepare: (job, identity) => preparePaper(job, identity, { ...read, logos }),
    });
  },
  createExplain: createPrinterExplain,
};

function serialLine({ baudRate }: Readonly<Record<string, unknown>>): SerialLine {
  return {
    baudRate: typeof baudRate === 'number' ? baudRate : 9_600,
    dataBits: 8,
    parity: 'none',
    stopBits: 1,
  };
}

/** How documents are printed here. */
type PrintSettings = PrinterOptions & { readonly logos: ReadonlyMap<string, Uint8Array> };

function preparePaper(job: Job, identity: DeviceIdentity, options: PrintSettings): PreparedPaper {
  switch (job.operation) {
    case 'printRaw': {
      const { data } = job.params as RawParams;
      return { ok: true, paper: { bytes: data, told: {} } };
    }
    case 'testPage':
      return encode(testPageOf(options.profile, identity), options, {});
    default: {
      const { document, copy } = job.params as PrintParams;
      return encode(document, options, copy === undefined ? {} : { copy });
    }
  }
}

function testPageOf(profile: PrinterProfile, identity: DeviceIdentity): ReceiptDocument {
  const said = Object.values(identity).join(' ');
  return testPage({
    title: profile.title,
    columns: profile.fonts.A.columns,
    codePages: Object.keys(profile.codePages),
    facts: [
      ['Profile', profile.id],
      ['Confirmation', profile.confirmation],
      ...(said === '' ? [] : [['Says of itself', said] as const]),
    ],
  });
}

function encode(
  document: ReceiptDocument,
  { profile, language, logos }: PrintSettings,
  told: Readonly<Record<string, Json>>,
): PreparedPaper {
  const whole: ReceiptDocument = { language, ...document, blocks: withCut(document.blocks) };
  const encoded = encodeDocument(whole, profile, { logos, at: ['document'] });
  if (!encoded.ok) {
    const { code, message, hint, path } = encoded.problem;
    return { ok: false, problem: { code, message, hint, path } };
  }
  return {
    ok: true,
    paper: { bytes: encoded.bytes, told: { ...told, ...notesOf(encoded.notes) } },
  };
}

/** A receipt that nobody can tear off is none. */
function withCut(blocks: ReceiptDocument['blocks']): ReceiptDocument['blocks'] {
  return blocks.at(-1)?.type === 'cut' ? blocks : [...blocks, { type: 'cut' }];
}

function notesOf({ unprintable, drawnLines, drawnCodes }: EncodeNotes): Record<string, Json> {
  if (unprintable.length === 0 && drawnLines === 0 && drawnCodes === 0) return {};
  return { notes: { unprintable: [...unprintable], drawnLines, drawnCodes } };
}
