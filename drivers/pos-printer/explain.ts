/** What passes between gateway and printer, in words: for `peripheral log`. */
import { Buffer } from 'node:buffer';
import type { Explain } from '../driver.ts';
import { readCommand } from './command-reader.ts';
import type { PrinterFrame } from './status/printer-frame.ts';
import { saysPaperEnd } from './status/printer-frame.ts';
import { conditionOf, fromAutomatic } from './status/printer-status.ts';
import { createStatusFramer } from './status/status-framer.ts';

/** A chunk of a picture may be long; a line of a log is not. */
const TEXT_SHOWN_MAX = 60;
const LINES_MAX = 40;
/** A command longer than this is shown by its name before its end has come. */
const PENDING_BYTES_MAX = 64 * 1024;

export function createPrinterExplain(): Explain {
  const framer = createStatusFramer();
  let pending = new Uint8Array(0);
  return (direction, bytes) => {
    if (direction === 'in') {
      return framer.push(bytes).map((one) => {
        return one.type === 'frame' ? explainFrame(one.frame) : `noise ${hex(one.bytes)}`;
      });
    }
    const all = new Uint8Array([...pending, ...bytes]);
    const { lines, read } = explainCommands(all);
    pending = all.slice(read);
    if (pending.length > PENDING_BYTES_MAX) pending = new Uint8Array(0);
    return lines;
  };
}

/** Stops at a command whose end is not there yet; passes over a byte that begins none. */
function explainCommands(bytes: Uint8Array): { lines: string[]; read: number } {
  const lines: string[] = [];
  let at = 0;
  while (at < bytes.length) {
    const command = readCommand(bytes, at);
    if (command === undefined) {
      if (mayBeIncomplete(bytes, at)) break;
      lines.push(`unknown ${hex(bytes.subarray(at, at + 2))}`);
      at += 2;
      continue;
    }
    const part = bytes.subarray(at, at + command.length);
    lines.push(
      command.name === 'text' ? `text ${shownText(part)}` : withParameters(command.name, part),
    );
    at += command.length;
  }
  const more = lines.length - LINES_MAX;
  const shown = more > 0 ? [...lines.slice(0, LINES_MAX), `… ${more} more`] : lines;
  return { lines: shown, read: Math.min(at, bytes.length) };
}

/** With enough zeros behind it, is it a command after all? */
function mayBeIncomplete(bytes: Uint8Array, at: number): boolean {
  const rest = bytes.subarray(at);
  if (rest.length === 1) return true;
  const padded = new Uint8Array(rest.length + PENDING_BYTES_MAX);
  padded.set(rest);
  return readCommand(padded, 0) !== undefined;
}

/** `GS V 42 00`; the names of real-time commands hold their parameter already. */
function withParameters(name: string, part: Uint8Array): string {
  if (part.length <= 2 || name.startsWith('DLE')) return name;
  const parameters = part.subarray(2);
  return parameters.length > 12 ? `${name}, ${part.length} bytes` : `${name} ${hex(parameters)}`;
}

function explainFrame(frame: PrinterFrame): string {
  switch (frame.type) {
    case 'realTime':
      return `status ${hex(Uint8Array.of(frame.value))}`;
    case 'automatic': {
      const { state, reasons } = conditionOf(fromAutomatic(frame.bytes));
      return ['automatic status', state, ...reasons].join(' ');
    }
    case 'processId':
      return `printed up to ${frame.id}`;
    case 'cleared':
      return 'buffers cleared';
    case 'text':
      return `identity ${frame.text}`;
    case 'sensor':
      return `paper sensors: ${saysPaperEnd(frame.value) ? 'no paper' : 'paper'}`;
  }
}

/** Bytes above 7F depend on the code page of the moment: shown as dots. */
function shownText(bytes: Uint8Array): string {
  const text = Array.from(bytes.subarray(0, TEXT_SHOWN_MAX), (byte) =>
    byte < 0x7f ? String.fromCharCode(byte) : '·',
  ).join('');
  return JSON.stringify(bytes.length > TEXT_SHOWN_MAX ? `${text}…` : text);
}

function hex(bytes: Uint8Array): string {
  const shown = Buffer.from(bytes.subarray(0, 16))
    .toString('hex')
    .replace(/(..)(?!$)/g, '$1 ');
  return bytes.length > 16 ? `${shown} … (${bytes.length} bytes)` : shown;
}
