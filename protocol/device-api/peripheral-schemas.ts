/**
 * What devices and peripherals say to each other, for people who write tills. Answers, events and
 * states may gain members, so those objects are not closed.
 */
import Type from 'typebox';
import { ID_SOURCE } from '../ids.ts';

const DRAFT = 'https://json-schema.org/draft/2020-12/schema';
const about = (name: string, title: string, description: string) => ({
  $schema: DRAFT,
  $id: `urn:tillgate:${name}:1`,
  title,
  description,
});

const time = (description: string) => Type.String({ description: `${description} (RFC 3339).` });
const peripheralId = Type.String({ description: 'The peripheral.', pattern: ID_SOURCE });
const problem = Type.Object(
  {
    code: Type.String({ description: 'Stable name; docs/errors.md explains each.' }),
    message: Type.String({ description: 'What is wrong, for people.' }),
    hint: Type.String({ description: 'What to do about it, for people.' }),
    path: Type.Optional(Type.String({ description: 'JSON Pointer into the request.' })),
  },
  { description: 'Why it was not done, or why nobody knows.' },
);

export const jobRequestSchema = Type.Object(
  {
    jobId: Type.String({
      description: "The device's own name of the job; the same one is never done twice.",
      pattern: '^[A-Za-z0-9._:-]{1,64}$',
    }),
    operation: Type.String({
      description: 'What to do: print, printReceipt, reprint, open, read, weigh … by driver.',
      pattern: '^[a-z][A-Za-z]{0,31}$',
    }),
    timeoutMs: Type.Optional(
      Type.Integer({
        description: 'How long it may take in all; each operation has a default and a maximum.',
        minimum: 100,
        maximum: 3_600_000,
      }),
    ),
  },
  about(
    'job-request',
    'Request to a peripheral',
    'Published to peripherals/{peripheralId}/request/{deviceId}; further members are those of the ' +
      'operation. At most 512 KiB, numbers are integers.',
  ),
);

export const jobResponseSchema = Type.Object(
  {
    jobId: Type.Union([Type.String(), Type.Null()], {
      description: 'As it was asked; null where none could be read.',
    }),
    peripheralId: Type.String({ description: 'As it was asked.' }),
    operation: Type.Union([Type.String(), Type.Null()], { description: 'As it was asked.' }),
    state: Type.Enum(['done', 'refused', 'unknown'], {
      description:
        'done: it happened. refused: it did not and will not. unknown: it may have happened; look ' +
        'at the peripheral before asking again.',
    }),
    result: Type.Optional(
      Type.Unsafe<Record<string, unknown>>({
        type: 'object',
        description: 'With done: what came of it; `copy` n where it was printed before.',
      }),
    ),
    error: Type.Optional(problem),
    at: time('When it was decided'),
  },
  about(
    'job-response',
    'Answer of a peripheral',
    'Published to peripherals/{peripheralId}/response/{deviceId} at QoS 1, once for each jobId; ' +
      'again where the same job is asked again.',
  ),
);

export const peripheralEventSchema = Type.Object(
  {
    type: Type.String({ description: 'scan, weight, drawerOpened, tagPresented, paperLow …' }),
    peripheralId,
    at: time('When the gateway heard of it'),
  },
  about('peripheral-event', 'Event of a peripheral', 'Further members are those of the type.'),
);

export const peripheralStateSchema = Type.Object(
  {
    peripheralId,
    category: Type.Union([Type.String(), Type.Null()], {
      description: 'posPrinter, cashDrawer, scanner, scale, rfidScanner; null where unknown.',
    }),
    driver: Type.String({ description: 'What drives it.' }),
    state: Type.Enum(['ready', 'notReady', 'absent'], { description: 'Whether it can work now.' }),
    reasons: Type.Array(Type.String(), {
      description: 'Why not, with the names of UnifiedPOS; or what else a person should see.',
    }),
    identity: Type.Optional(
      Type.Unsafe<Record<string, unknown>>({
        type: 'object',
        description: 'What the device says of itself.',
      }),
    ),
    trouble: Type.Optional(problem),
    since: time('When this state began'),
  },
  about(
    'peripheral-state',
    'State of a peripheral',
    'Retained on peripherals/{peripheralId}/state; cleared when the peripheral is removed.',
  ),
);
