/** By what receipt printers are known on USB, and the questions that find them on any port. */
import type { Fingerprint, Probe } from '../driver.ts';
import { askIdentity } from './control-commands.ts';
import { createStatusFramer } from './status/status-framer.ts';
import type { PrinterFrame } from './status/printer-frame.ts';

export const PRINTER_FINGERPRINTS: readonly Fingerprint[] = [
  {
    vendorId: '04b8',
    interfaceClass: '07/01/02',
    product: /TM-m30/i,
    score: 90,
    evidence: 'an Epson TM-m30',
    options: { profile: 'epson-tm-m30' },
  },
  {
    vendorId: '04b8',
    interfaceClass: '07/01/02',
    product: /TM-/i,
    score: 85,
    evidence: 'an Epson receipt printer (TM series)',
    options: { profile: 'epson-tm-t88' },
  },
  {
    // All receipt printers of Epson that have no name of their own share this product number.
    vendorId: '04b8',
    productId: '0202',
    score: 80,
    evidence: 'an Epson receipt printer',
    options: { profile: 'epson-tm-t88' },
  },
  {
    vendorId: '0519',
    interfaceClass: '07/01/02',
    score: 50,
    evidence: 'a Star printer: it must be set to ESC/POS',
    options: { profile: 'star-escpos' },
  },
  { vendorId: '1504', interfaceClass: '07/01/02', score: 60, evidence: 'a Bixolon printer' },
  { vendorId: '1d90', interfaceClass: '07/01/02', score: 60, evidence: 'a Citizen printer' },
  { vendorId: '2730', interfaceClass: '07/01/02', score: 60, evidence: 'a Citizen printer' },
  { vendorId: '0416', productId: '5011', score: 60, evidence: 'a common receipt printer (POS58)' },
  { vendorId: '0483', productId: '5743', score: 55, evidence: 'a common receipt printer' },
  { vendorId: '0483', productId: '5840', score: 55, evidence: 'a common receipt printer' },
  { vendorId: '6868', interfaceClass: '07/01/02', score: 55, evidence: 'a common receipt printer' },
  { vendorId: '1fc9', productId: '2016', score: 55, evidence: 'a common receipt printer' },
  { interfaceClass: '07/01/02', score: 20, evidence: 'a printer with a two-way connection' },
  { interfaceClass: '07/01/01', score: 15, evidence: 'a printer with a one-way connection' },
  { interfaceClass: '07/01/03', score: 15, evidence: 'a printer (IEEE 1284.4)' },
];

const SERIAL_LINES = [
  { baudRate: 9_600, dataBits: 8, parity: 'none', stopBits: 1 },
  { baudRate: 19_200, dataBits: 8, parity: 'none', stopBits: 1 },
  { baudRate: 38_400, dataBits: 8, parity: 'none', stopBits: 1 },
  { baudRate: 115_200, dataBits: 8, parity: 'none', stopBits: 1 },
] as const;

/** `DLE EOT 1`, then which model: neither moves paper, and other devices take both for noise. */
export const PRINTER_PROBES: readonly Probe[] = SERIAL_LINES.map((line) => ({
  name: `receipt printer at ${line.baudRate}`,
  line,
  ask: Uint8Array.of(0x10, 0x04, 0x01, ...askIdentity(66), ...askIdentity(67)),
  waitMs: 400,
  recognise,
}));

function recognise(answer: Uint8Array): ReturnType<Probe['recognise']> {
  const framer = createStatusFramer({ text: true, sensor: false });
  const frames: PrinterFrame[] = [];
  let noise = 0;
  for (const one of [...framer.push(answer), ...framer.flush()]) {
    if (one.type === 'frame') frames.push(one.frame);
    else noise += one.bytes.length;
  }
  const texts = frames.flatMap((frame) => (frame.type === 'text' ? [frame.text] : []));
  // At a wrong speed a byte may look like a status: one among noise proves nothing.
  if (noise > 0) return undefined;
  if (texts.length > 0) {
    const evidence = `answers as ${texts.join(' ')}`;
    return { score: 95, evidence, options: optionsOf(texts.join(' ')) };
  }
  const isStatus = frames.length === 1 && frames[0]?.type === 'realTime';
  return isStatus
    ? { score: 60, evidence: 'answers DLE EOT 1 as a receipt printer does' }
    : undefined;
}

function optionsOf(text: string): object {
  if (/TM-m30/i.test(text)) return { profile: 'epson-tm-m30' };
  return /EPSON|TM-/i.test(text) ? { profile: 'epson-tm-t88' } : {};
}
