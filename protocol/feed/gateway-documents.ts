/**
 * What headquarters says to gateways: keys of their configuration, devices and roles, and commands
 * that are carried out once and answered by an entry.
 */
import Type from 'typebox';
import type { Static } from 'typebox';
import { CLOSED, documentId, plainId, time } from './document-parts.ts';

const gateway = Type.Optional(plainId('The gateway it is for; absent is every one of the feed.'));

export const configDocument = Type.Object(
  {
    gateway,
    key: Type.String({
      description: 'A key of the configuration, as `uplink.maxBytesPerSecond`.',
      pattern: '^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$',
    }),
    value: Type.Unknown({ description: 'As in the configuration file.' }),
    locked: Type.Optional(
      Type.Literal(true, { description: 'Whether technicians may not change it.' }),
    ),
    hlc: Type.Optional(
      Type.String({
        description: 'When it was said, by headquarters’ hybrid clock; added when it is published.',
        pattern: '^[0-9]{15}-[0-9]{5}$',
      }),
    ),
  },
  CLOSED,
);

const topicRules = Type.Optional(
  Type.Array(Type.String({ minLength: 1, maxLength: 256 }), { maxItems: 64 }),
);

export const roleDocument = Type.Object(
  {
    roleId: plainId('The role.'),
    publish: topicRules,
    subscribe: topicRules,
    rights: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 64 }), { maxItems: 32 }),
    ),
  },
  CLOSED,
);

export const deviceDocument = Type.Object(
  {
    deviceId: plainId('The device.'),
    gateway,
    role: plainId('Its role.'),
    credential: Type.Optional(
      Type.String({ description: 'A scrypt hash, never a password.', maxLength: 256 }),
    ),
    keys: Type.Optional(
      Type.Array(Type.String({ description: 'PEM (SPKI) or JWK.', maxLength: 2048 }), {
        maxItems: 8,
      }),
    ),
    revoked: Type.Optional(Type.Literal(true)),
  },
  CLOSED,
);

export const commandDocument = Type.Object(
  {
    commandId: documentId('Made once; a command is carried out once.'),
    gateway,
    action: Type.Enum(['restartPeripheral', 'fetchDiagnostics', 'setLogLevel']),
    peripheralId: Type.Optional(plainId('With restartPeripheral.')),
    level: Type.Optional(Type.Enum(['debug', 'info', 'warn', 'error'])),
    expiresAt: time('Not to be begun after this.'),
  },
  CLOSED,
);

export type ConfigDocument = Static<typeof configDocument>;
export type RoleDocument = Static<typeof roleDocument>;
export type DeviceDocument = Static<typeof deviceDocument>;
export type CommandDocument = Static<typeof commandDocument>;
