/** What passed a scanner, in words. Payment codes are hidden here too, whoever forgot to. */
import type { Explain } from '../driver.ts';
import type { Framed } from '../framer.ts';
import { symbologyOfSsi } from './barcode/symbology.ts';
import { DelimitedFramer } from './delimited-framer.ts';
import { HidPosFramer } from './hid-pos-framer.ts';
import { createPaymentMask } from './payment-mask.ts';
import { delimitersOf } from './serial-options.ts';
import type { SerialScannerOptions } from './serial-options.ts';
import { SSI, SsiFramer } from './ssi-framer.ts';
import type { SsiPacket } from './ssi-framer.ts';

export function explainSerial(options: SerialScannerOptions): Explain {
  const framer = new DelimitedFramer(delimitersOf(options));
  return (direction, bytes) =>
    direction === 'out'
      ? [`command ${Buffer.from(bytes).toString('hex')}`]
      : framer.push(bytes).map((item) => told(item, (frame) => `code ${shown(frame)}`));
}

export function explainSsi(): Explain {
  const [inward, outward] = [new SsiFramer(), new SsiFramer()];
  return (direction, bytes) =>
    (direction === 'in' ? inward : outward).push(bytes).map((item) => told(item, describe));
}

export function explainHidPos(reportId: number): Explain {
  const framer = new HidPosFramer(reportId);
  return (direction, bytes) => {
    if (direction === 'out') return [`output report ${Buffer.from(bytes).toString('hex')}`];
    return framer.push(bytes).map((item) =>
      told(item, ({ aim, data, isContinued }) => {
        const more = isContinued ? ', goes on in the next report' : '';
        return `report ${aim ?? 'without AIM identifier'} ${shown(data)}${more}`;
      }),
    );
  };
}

function told<F>(item: Framed<F>, describeFrame: (frame: F) => string): string {
  if (item.type === 'frame') return describeFrame(item.frame);
  return `${item.bytes.length} bytes that are no code (${item.why})`;
}

/** As text where it is text, with what cannot be printed as `\x1d`. */
function shown(bytes: Uint8Array): string {
  // The end of the frame ends the digits: with the CR the mask knows that no more will come.
  const masked = createPaymentMask()(Uint8Array.of(...bytes, 0x0d)).subarray(0, bytes.length);
  const text = Buffer.from(masked).toString('utf8');
  const isText = Buffer.from(text, 'utf8').equals(Buffer.from(masked));
  const readable = isText ? text : Buffer.from(masked).toString('latin1');
  return Array.from(readable, (character) => {
    const code = character.charCodeAt(0);
    const isPrintable = code >= 0x20 && (code < 0x7f || (isText && code > 0x9f));
    return isPrintable ? character : `\\x${code.toString(16).padStart(2, '0')}`;
  }).join('');
}

const OPCODES: Readonly<Record<number, string>> = {
  ...{ [SSI.ack]: 'ACK', [SSI.requestRevision]: 'asks for the revision' },
  ...{ [SSI.scanEnable]: 'scan enable', [SSI.scanDisable]: 'scan disable' },
};

const NAK_CAUSES: Readonly<Record<number, string>> = {
  ...{ 1: 'send again', 2: 'not now', 6: 'denied', 10: 'cancelled' },
};

function describe({ opcode, status, data }: SsiPacket): string {
  const marks = [
    ...((status & SSI.retransmit) !== 0 ? ['sent again'] : []),
    ...((status & SSI.continuation) !== 0 ? ['goes on'] : []),
  ];
  const suffix = marks.length === 0 ? '' : ` (${marks.join(', ')})`;
  if (opcode === SSI.decodeData) {
    return `code ${symbologyOfSsi(data[0] ?? 0)} ${shown(data.subarray(1))}${suffix}`;
  }
  if (opcode === SSI.nak) return `NAK, ${NAK_CAUSES[data[0] ?? 0] ?? 'no reason'}${suffix}`;
  if (opcode === SSI.replyRevision) return `revision ${shown(data)}${suffix}`;
  const name = OPCODES[opcode] ?? `opcode ${opcode.toString(16)} with ${data.length} bytes`;
  return `${name}${suffix}`;
}
