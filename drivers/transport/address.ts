/**
 * Where a peripheral is plugged in, as the one line of text that the registry, the command line and
 * `peripheral scan` share:
 *
 *   serial:/dev/serial/by-id/usb-FTDI_…?baudRate=9600&dataBits=7&parity=even&stopBits=1
 *   tcp://10.0.0.9:9100            tcp://[fe80::1]:9100
 *   usb:04b8:0e15                  usb:04b8:0e15:SERIAL            usb:04b8:0e15@3-1.2
 *   lp:/dev/usb/lp0                lp:04b8:0e15:SERIAL             lp:04b8:0e15@3-1.2
 *   hidraw:/dev/hidraw0            hidraw:0c2e:0b61                (the same three forms)
 *   pcsc:ACS ACR122U PICC Interface
 *   printer:receipts?connector=1
 *
 * The forms with two ids follow a device over replugs although the kernel numbers its files anew;
 * `@` names the port it is plugged into, for devices without a serial number.
 *
 * Parsing is total: what is no address is `TRANSPORT_ADDRESS`, with the part that is wrong.
 * Formatting what was parsed gives one canonical text. Nothing is opened or looked up here.
 */
import { isIPv6 } from 'node:net';
import { isId } from '../../protocol/ids.ts';
import { TillgateError } from '../../protocol/errors.ts';
import type { SerialLine } from '../driver.ts';

/** One USB device: by its ids, and where there are several of a kind by number or by port. */
export interface UsbDeviceName {
  /** Four hexadecimal digits, lower case. */
  readonly vendorId: string;
  readonly productId: string;
  readonly serialNumber?: string;
  /** Bus and ports as the kernel writes them: `3-1.2`. */
  readonly portPath?: string;
}

export type Address =
  | { readonly kind: 'serial'; readonly path: string; readonly line: Partial<SerialLine> }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | ({ readonly kind: 'usb' } & UsbDeviceName)
  | { readonly kind: 'lp' | 'hidraw'; readonly path: string }
  | { readonly kind: 'lp' | 'hidraw'; readonly usb: UsbDeviceName }
  | { readonly kind: 'pcsc'; readonly reader: string }
  | { readonly kind: 'printer'; readonly peripheralId: string; readonly connector: 1 | 2 };

/** Longer than any path, name or number that a device has; what is longer was not meant. */
const ADDRESS_LENGTH_MAX = 1024;
const BAUD_RATE_MIN = 50;
/** The fastest rate Linux has a name for. */
const BAUD_RATE_MAX = 4_000_000;

/** Throws `TRANSPORT_ADDRESS`. */
export function parseAddress(text: string): Address {
  if (text.length > ADDRESS_LENGTH_MAX) {
    throw notAnAddress(`${text.slice(0, 40)}…`, `it is longer than ${ADDRESS_LENGTH_MAX} letters`);
  }
  const scheme = /^[a-z]+(?=:)/.exec(text)?.[0] ?? '';
  const rest = text.slice(scheme.length + 1);
  switch (scheme) {
    case 'serial':
      return parseSerial(text, rest);
    case 'tcp':
      return parseTcp(text, rest);
    case 'usb':
      return { kind: 'usb', ...parseUsb(text, rest) };
    case 'lp':
    case 'hidraw':
      return rest.startsWith('/')
        ? { kind: scheme, path: parsePath(text, rest) }
        : { kind: scheme, usb: parseUsb(text, rest) };
    case 'pcsc':
      return { kind: 'pcsc', reader: parseName(text, rest, 'the name of the reader') };
    case 'printer':
      return parsePrinter(text, rest);
    default:
      throw notAnAddress(
        text,
        'it begins with none of serial:, tcp://, usb:, lp:, hidraw:, pcsc:, printer:',
      );
  }
}

export function formatAddress(address: Address): string {
  switch (address.kind) {
    case 'serial':
      return `serial:${escape(address.path)}${formatQuery(address.line)}`;
    case 'tcp':
      return `tcp://${isIPv6(address.host) ? `[${address.host}]` : address.host}:${address.port}`;
    case 'usb':
      return `usb:${formatUsb(address)}`;
    case 'lp':
    case 'hidraw':
      return `${address.kind}:${'usb' in address ? formatUsb(address.usb) : escape(address.path)}`;
    case 'pcsc':
      return `pcsc:${escape(address.reader)}`;
    case 'printer':
      return `printer:${address.peripheralId}?connector=${address.connector}`;
  }
}

function parseSerial(text: string, rest: string): Address {
  const { before, query } = splitQuery(text, rest);
  const path = parsePath(text, before);
  const line: { -readonly [K in keyof SerialLine]?: SerialLine[K] } = {};
  for (const [key, value] of query) {
    switch (key) {
      case 'baudRate':
        line.baudRate = parseWhole(text, value, [BAUD_RATE_MIN, BAUD_RATE_MAX]);
        break;
      case 'dataBits':
        line.dataBits = oneOf(text, key, [value, [7, 8]]);
        break;
      case 'parity':
        line.parity = oneOf(text, key, [value, ['none', 'even', 'odd']]);
        break;
      case 'stopBits':
        line.stopBits = oneOf(text, key, [value, [1, 2]]);
        break;
      default:
        throw notAnAddress(
          text,
          `${JSON.stringify(key)} is none of baudRate, dataBits, parity, stopBits`,
        );
    }
  }
  return { kind: 'serial', path, line };
}

function parseTcp(text: string, rest: string): Address {
  const found = /^\/\/(?:\[([0-9a-fA-F:.%\w]+)\]|([\w.-]+)):(\d{1,5})$/.exec(rest);
  const host = found?.[1] ?? found?.[2];
  if (host === undefined || (found?.[1] !== undefined && !isIPv6(host))) {
    throw notAnAddress(text, 'it should read tcp://host:port, or tcp://[IPv6]:port');
  }
  return { kind: 'tcp', host: host.toLowerCase(), port: parseWhole(text, found?.[3], [1, 65_535]) };
}

function parseUsb(text: string, rest: string): UsbDeviceName {
  const found = /^([0-9a-fA-F]{4}):([0-9a-fA-F]{4})(?:(:)(.+)|@(\d+-\d+(?:\.\d+)*))?$/.exec(rest);
  const [, vendor, product, colon, number, port] = found ?? [];
  if (vendor === undefined || product === undefined) {
    throw notAnAddress(text, 'it should read 04b8:0e15, 04b8:0e15:SERIAL or 04b8:0e15@3-1.2');
  }
  const ids = { vendorId: vendor.toLowerCase(), productId: product.toLowerCase() };
  if (port !== undefined) return { ...ids, portPath: port };
  if (colon === undefined || number === undefined) return ids;
  return { ...ids, serialNumber: parseName(text, number, 'the serial number') };
}

function parsePrinter(text: string, rest: string): Address {
  const { before: peripheralId, query } = splitQuery(text, rest);
  if (!isId(peripheralId)) {
    throw notAnAddress(text, `${JSON.stringify(peripheralId)} is no name of a peripheral`);
  }
  let connector: 1 | 2 = 1;
  for (const [key, value] of query) {
    if (key !== 'connector') throw notAnAddress(text, `${JSON.stringify(key)} is not connector`);
    connector = oneOf(text, key, [value, [1, 2]]);
  }
  return { kind: 'printer', peripheralId, connector };
}

function splitQuery(text: string, rest: string): { before: string; query: [string, string][] } {
  const at = rest.indexOf('?');
  if (at < 0) return { before: rest, query: [] };
  const query = rest
    .slice(at + 1)
    .split('&')
    .map((part): [string, string] => {
      const [key = '', ...value] = part.split('=');
      return [key, value.join('=')];
    });
  const keys = query.map(([key]) => key);
  if (new Set(keys).size < keys.length) throw notAnAddress(text, 'a setting stands there twice');
  return { before: rest.slice(0, at), query };
}

function parsePath(text: string, escaped: string): string {
  const path = parseName(text, escaped, 'the path');
  if (!path.startsWith('/')) throw notAnAddress(text, 'the path should begin with /');
  return path;
}

/** Undoes `escape`; control characters are in no name of a device. */
function parseName(text: string, escaped: string, what: string): string {
  let name: string;
  try {
    name = decodeURIComponent(escaped);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    throw notAnAddress(text, `${what} has a % that is not followed by two hexadecimal digits`);
  }
  if (name === '') throw notAnAddress(text, `${what} is missing`);
  if (/\p{Cc}/u.test(name)) throw notAnAddress(text, `${what} holds control characters`);
  return name;
}

function parseWhole(text: string, value: string | undefined, range: readonly [number, number]) {
  const number = /^\d{1,9}$/.test(value ?? '') ? Number(value) : NaN;
  if (number >= range[0] && number <= range[1]) return number;
  throw notAnAddress(
    text,
    `${JSON.stringify(value ?? '')} should be a whole number from ${range[0]} to ${range[1]}`,
  );
}

function oneOf<T extends string | number>(
  text: string,
  key: string,
  [value, allowed]: readonly [string, readonly T[]],
): T {
  const found = allowed.find((candidate) => String(candidate) === value);
  if (found !== undefined) return found;
  throw notAnAddress(text, `${key} should be one of ${allowed.join(', ')}`);
}

function formatUsb({ vendorId, productId, serialNumber, portPath }: UsbDeviceName): string {
  const ids = `${vendorId}:${productId}`;
  if (serialNumber !== undefined) return `${ids}:${escape(serialNumber)}`;
  return portPath === undefined ? ids : `${ids}@${portPath}`;
}

function formatQuery(line: Partial<SerialLine>): string {
  const keys = ['baudRate', 'dataBits', 'parity', 'stopBits'] as const;
  const parts = keys.flatMap((key) => (line[key] === undefined ? [] : [`${key}=${line[key]}`]));
  return parts.length === 0 ? '' : `?${parts.join('&')}`;
}

/** Names stay readable: only what would be read as something else is written with %. */
function escape(name: string): string {
  return name.replace(/[%?]|\p{Cc}/gu, (letter) => encodeURIComponent(letter));
}

function notAnAddress(text: string, why: string): TillgateError {
  return new TillgateError('TRANSPORT_ADDRESS', `${JSON.stringify(text)} is no address: ${why}.`);
}
