import fc from 'fast-check';
import t from 'tap';
import { isTillgateError } from '../../protocol/errors.ts';
import { formatAddress, parseAddress } from './address.ts';
import type { Address } from './address.ts';

const EXAMPLES: readonly [string, Address][] = [
  [
    'serial:/dev/serial/by-id/usb-FTDI_A1-if00-port0?baudRate=9600&dataBits=7&parity=even&stopBits=1',
    {
      kind: 'serial',
      path: '/dev/serial/by-id/usb-FTDI_A1-if00-port0',
      line: { baudRate: 9600, dataBits: 7, parity: 'even', stopBits: 1 },
    },
  ],
  ['serial:/dev/ttyS0', { kind: 'serial', path: '/dev/ttyS0', line: {} }],
  ['tcp://printer.local:9100', { kind: 'tcp', host: 'printer.local', port: 9100 }],
  ['tcp://[fe80::1]:9100', { kind: 'tcp', host: 'fe80::1', port: 9100 }],
  ['usb:04b8:0e15', { kind: 'usb', vendorId: '04b8', productId: '0e15' }],
  [
    'usb:04b8:0e15:X:1 @2',
    { kind: 'usb', vendorId: '04b8', productId: '0e15', serialNumber: 'X:1 @2' },
  ],
  ['usb:04b8:0e15@3-1.2', { kind: 'usb', vendorId: '04b8', productId: '0e15', portPath: '3-1.2' }],
  ['lp:/dev/usb/lp0', { kind: 'lp', path: '/dev/usb/lp0' }],
  ['hidraw:/dev/hidraw0', { kind: 'hidraw', path: '/dev/hidraw0' }],
  ['hidraw:0c2e:0b61', { kind: 'hidraw', usb: { vendorId: '0c2e', productId: '0b61' } }],
  [
    'lp:0c2e:0b61:S%3F1',
    { kind: 'lp', usb: { vendorId: '0c2e', productId: '0b61', serialNumber: 'S?1' } },
  ],
  ['pcsc:ACS ACR122U PICC Interface', { kind: 'pcsc', reader: 'ACS ACR122U PICC Interface' }],
  ['printer:receipts?connector=2', { kind: 'printer', peripheralId: 'receipts', connector: 2 }],
];

void t.test('each form is read and written back as the same text', (t) => {
  for (const [text, address] of EXAMPLES) {
    t.same(parseAddress(text), address, text);
    t.equal(formatAddress(address), text);
  }
  t.end();
});

void t.test('what may be left out or written otherwise comes to one text', (t) => {
  t.equal(formatAddress(parseAddress('printer:a')), 'printer:a?connector=1');
  t.equal(formatAddress(parseAddress('usb:04B8:0E15')), 'usb:04b8:0e15');
  t.equal(formatAddress(parseAddress('tcp://HOST:1')), 'tcp://host:1');
  const swapped = 'serial:/dev/x?parity=odd&baudRate=2400';
  t.equal(formatAddress(parseAddress(swapped)), 'serial:/dev/x?baudRate=2400&parity=odd');
  t.end();
});

const WRONG: readonly [string, RegExp][] = [
  ['', /begins with none of/],
  ['COM1', /begins with none of/],
  ['http://x', /begins with none of/],
  ['serial:', /path is missing/],
  ['serial:ttyS0', /begin with \//],
  ['serial:/dev/x?speed=1', /"speed" is none of/],
  ['serial:/dev/x?baudRate=fast', /"fast" should be a whole number from 50 to 4000000/],
  ['serial:/dev/x?baudRate=1', /from 50/],
  ['serial:/dev/x?dataBits=9', /dataBits should be one of 7, 8/],
  ['serial:/dev/x?parity=mark', /none, even, odd/],
  ['serial:/dev/x?parity=odd&parity=odd', /twice/],
  ['serial:/dev/%zz', /followed by two hexadecimal/],
  ['serial:/dev/a%00b', /control characters/],
  ['serial:/dev/a\nb', /control characters/],
  ['tcp:host:1', /tcp:\/\/host:port/],
  ['tcp://host', /tcp:\/\/host:port/],
  ['tcp://host:0', /from 1 to 65535/],
  ['tcp://host:70000', /from 1 to 65535/],
  ['tcp://[nonsense]:1', /IPv6/],
  ['tcp://fe80::1:9100', /IPv6/],
  ['usb:4b8:0e15', /should read 04b8:0e15/],
  ['usb:04b8:0e15:', /should read/],
  ['usb:04b8:0e15@here', /should read/],
  ['lp:dev/usb/lp0', /should read/],
  ['pcsc:', /reader is missing/],
  ['printer:Kasse 1', /no name of a peripheral/],
  ['printer:a?connector=3', /one of 1, 2/],
  ['printer:a?port=1', /"port" is not connector/],
  [`serial:/${'x'.repeat(2000)}`, /longer than 1024/],
];

void t.test('what is no address says which part is wrong', (t) => {
  for (const [text, message] of WRONG) {
    t.throws(() => parseAddress(text), { code: 'TRANSPORT_ADDRESS', message }, text.slice(0, 60));
  }
  t.end();
});

const name = fc
  .string({ minLength: 1, maxLength: 60, unit: 'grapheme' })
  .filter((text) => !/\p{Cc}/u.test(text) && text.isWellFormed());
const usb = fc
  .tuple(fc.integer({ min: 0, max: 0xffff }), fc.option(name, { nil: undefined }))
  .map(([id, serialNumber]) => ({
    vendorId: id.toString(16).padStart(4, '0'),
    productId: '00ff',
    ...(serialNumber === undefined ? {} : { serialNumber }),
  }));
const anyAddress: fc.Arbitrary<Address> = fc.oneof(
  name.map((path): Address => ({ kind: 'serial', path: `/${path}`, line: { baudRate: 9600 } })),
  name.map((path): Address => ({ kind: 'lp', path: `/${path}` })),
  name.map((reader): Address => ({ kind: 'pcsc', reader })),
  usb.map((device): Address => ({ kind: 'usb', ...device })),
  usb.map((device): Address => ({ kind: 'hidraw', usb: device })),
);

void t.test('any address survives being written and read', (t) => {
  fc.assert(
    fc.property(anyAddress, (address) => {
      const text = formatAddress(address);
      return formatAddress(parseAddress(text)) === text;
    }),
  );
  fc.assert(
    fc.property(anyAddress, (address) => {
      t.same(parseAddress(formatAddress(address)), address);
    }),
  );
  t.end();
});

void t.test('no text makes the parser throw anything else', (t) => {
  const scheme = fc.constantFrom(
    'serial:',
    'tcp://',
    'usb:',
    'lp:',
    'hidraw:',
    'pcsc:',
    'printer:',
  );
  fc.assert(
    fc.property(scheme, fc.string(), (head, tail) => {
      try {
        const text = formatAddress(parseAddress(head + tail));
        return formatAddress(parseAddress(text)) === text;
      } catch (error) {
        return isTillgateError(error, 'TRANSPORT_ADDRESS');
      }
    }),
  );
  t.end();
});
