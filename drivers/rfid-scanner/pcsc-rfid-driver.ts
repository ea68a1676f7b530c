/** Contactless readers by PC/SC: tags of NFC Forum Type 2 and Type 4, by number and content. */
import type { DriverDefinition, Explain, Operation } from '../driver.ts';
import { decodeCommand, decodeReport } from '../pcsc-messages.ts';
import { RfidSession } from './rfid-session.ts';

/** How long a person looks for a card. */
const READ_DEADLINE_MS = 30_000;
const READ_DEADLINE_MAX_MS = 300_000;
const STATUS_DEADLINE_MS = 5_000;

const read: Operation = {
  summary: 'reads the tag on the reader, or the next one that is presented',
  deadlineMs: READ_DEADLINE_MS,
  deadlineMsMax: READ_DEADLINE_MAX_MS,
  isPhysical: false,
  parse: parseNothing,
};

const status: Operation = {
  summary: 'tells whether a tag lies on the reader, and its number',
  deadlineMs: STATUS_DEADLINE_MS,
  deadlineMsMax: STATUS_DEADLINE_MS,
  isPhysical: false,
  parse: parseNothing,
};

export const pcscRfidDriver: DriverDefinition = {
  id: 'rfid-scanner/pcsc',
  category: 'rfidScanner',
  title: 'contactless reader (PC/SC)',
  options: {
    type: 'object',
    additionalProperties: false,
    properties: {
      readNdef: {
        type: 'boolean',
        default: true,
        description: 'Reads what is written on a tag; without it only its number is told.',
      },
    },
  },
  transports: ['pcsc'],
  fingerprints: [
    // "ACS ACR122U PICC Interface 00 00", "HID Global OMNIKEY 5022 Smart Card Reader", "… CL …"
    {
      kind: 'pcsc',
      readerName: /PICC|contactless|NFC|\bCL\b|OMNIKEY 5[0-9]2|ACR12/i,
      score: 80,
      evidence: 'a PC/SC reader whose name says that it reads contactless cards',
    },
    { kind: 'pcsc', score: 40, evidence: 'a PC/SC reader' },
  ],
  probes: [],
  operations: { read, status },
  testOperation: 'status',
  createSession: (options) => new RfidSession({ readNdef: options['readNdef'] !== false }),
  createExplain: () => explain,
};

function parseNothing(request: Readonly<Record<string, unknown>>): ReturnType<Operation['parse']> {
  const [unknown] = Object.keys(request);
  if (unknown === undefined) return { ok: true, params: {} };
  return {
    ok: false,
    problem: {
      code: 'JOB_INVALID',
      message: `This operation takes nothing more, and there is ${JSON.stringify(unknown)}.`,
      hint: 'Leave the member out.',
      path: `/${unknown.replaceAll('~', '~0').replaceAll('/', '~1')}`,
    },
  };
}

const explain: Explain = (direction, bytes) => {
  if (direction === 'out') {
    const command = decodeCommand(bytes);
    return [command === undefined ? 'no command' : `command ${command.id}: ${command.data}`];
  }
  const report = decodeReport(bytes);
  switch (report?.type) {
    case undefined:
      return ['no report of a reader'];
    case 'inserted':
      return [`tag ${report.uid ?? 'without a number'}, ATR ${report.atr}`];
    case 'removed':
      return ['tag taken away'];
    case 'response':
      return [`answer ${report.id}: ${report.data}`];
    case 'failed':
      return [`no answer to ${report.id}: ${report.message}`];
  }
};
