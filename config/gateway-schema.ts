/**
 * Everything an operator may say about a gateway, once: type, default, help, and whether a change
 * counts at once. `version` is written by `init` and raised by migrations.
 */
import { ID_SOURCE } from '../protocol/ids.ts';
import { isTopicFilter } from '../protocol/topics.ts';
import type { ConfigKind } from './config-kind.ts';
import { DEFAULT_ROLES } from './default-roles.ts';
import { peripherals } from './peripheral-keys.ts';
import { domain, GROUP, host, logging, path, port } from './shared-keys.ts';
import { Type } from './schema-type.ts';
import type { Static } from './schema-type.ts';

const ID_WORDS = 'lower-case letters, digits and -, up to 32, not starting with -';
/** More topic rules than this in a role is a mistake, and each costs at every publish. */
const TOPIC_RULES_MAX = 64;
/** There are a handful. */
const RIGHTS_MAX = 32;
const MEBIBYTE = 1024 * 1024;

const id = (description: string) =>
  Type.String({ pattern: ID_SOURCE, allowed: ID_WORDS, description, fixed: true });

const topicRules = (description: string) =>
  Type.Array(
    Type.String({
      pattern: '^[^\\u0000]{1,256}$',
      allowed: 'a topic filter; {deviceId} stands for the device itself',
    }),
    { maxItems: TOPIC_RULES_MAX, default: [], description },
  );

const webSocket = Type.Object(
  {
    enabled: Type.Boolean({ default: false, description: 'Whether devices may use WebSockets.' }),
    host: host('127.0.0.1', 'The address to listen on.'),
    port: port(8083, 'The port to listen on.'),
  },
  { ...GROUP, description: 'MQTT over WebSocket, for devices that live in a browser.' },
);

const tls = Type.Object(
  {
    enabled: Type.Boolean({ default: false, description: 'Whether devices may use TLS.' }),
    host: host('0.0.0.0', 'The address to listen on.'),
    port: port(8883, 'The port to listen on.'),
    certFile: path('The certificate (PEM, with its chain) that devices see.'),
    keyFile: path('The private key of the certificate (PEM).'),
  },
  { ...GROUP, description: 'MQTT over TLS: what the store network uses.' },
);

const mqtt = Type.Object(
  {
    host: host('127.0.0.1', 'The address of the plain listener; keep it on this machine.'),
    port: port(1883, 'The port of the plain listener.'),
    webSocket,
    tls,
  },
  { ...GROUP, local: true, description: 'Where the devices of the store connect.' },
);

const uplink = Type.Object(
  {
    enabled: Type.Boolean({
      default: true,
      local: true,
      description: 'Whether to send the log to headquarters once enrolled.',
    }),
    maxBytesPerSecond: Type.Integer({
      minimum: 0,
      maximum: 1024 * MEBIBYTE,
      default: 0,
      description: 'Bytes a second that the uplink may use; 0 means no limit.',
    }),
    maxEntriesPerSecond: Type.Integer({
      minimum: 0,
      maximum: 1_000_000,
      default: 0,
      description: 'Entries a second that the uplink may send; 0 means no limit.',
    }),
  },
  { ...GROUP, description: 'The way to headquarters.' },
);

const ledger = Type.Object(
  {
    queueItems: Type.Integer({
      minimum: 16,
      maximum: 100_000,
      default: 4096,
      description: 'Submissions that may wait for the ledger before devices are asked to wait.',
    }),
    walBytesMax: Type.Integer({
      minimum: MEBIBYTE,
      maximum: 4096 * MEBIBYTE,
      default: 64 * MEBIBYTE,
      description: 'Size of the write-ahead log above which new submissions wait for a checkpoint.',
    }),
    signedHeadFile: path('Where to keep the signed head, if on another medium than the data.'),
  },
  { ...GROUP, description: 'The signed log on this machine.' },
);

const intake = Type.Object(
  {
    requireSignature: Type.Boolean({
      default: true,
      description: 'Whether a device that has a key must sign what it submits.',
      live: true,
    }),
  },
  { ...GROUP, description: 'What is asked of submissions.' },
);

const role = Type.Object(
  {
    publish: topicRules('Topics that a device of this role may publish to.'),
    subscribe: topicRules('Topics that a device of this role may read.'),
    deny: Type.Optional(topicRules('Topics that it may do neither with, whatever the others say.')),
    rights: Type.Optional(
      Type.Array(
        Type.String({ pattern: '^[a-z][a-zA-Z]{0,31}$', allowed: 'the name of a right, like raw' }),
        {
          maxItems: RIGHTS_MAX,
          default: [],
          description:
            'What it may ask of peripherals beyond the ordinary: raw sends bytes as they are.',
        },
      ),
    ),
  },
  {},
);

const schema = Type.Object(
  {
    version: Type.Integer({
      minimum: 1,
      maximum: 1,
      default: 1,
      description: 'The form of this file; raised by Tillgate itself.',
    }),
    chain: id('The chain that the store belongs to.'),
    store: id('The store that the gateway stands in.'),
    gateway: id('This gateway among those of the store.'),
    domain,
    timeZone: Type.String({
      pattern: '^[A-Za-z0-9_+/-]{1,64}$',
      allowed: 'a time zone of the IANA list, like Europe/London',
      description: 'The time zone of the store.',
      default: 'UTC',
    }),
    currency: Type.String({
      pattern: '^[A-Z]{3}$',
      allowed: 'three capital letters of ISO 4217, like EUR',
      default: 'EUR',
      description: 'The currency of the store.',
    }),
    country: Type.Optional(
      Type.String({
        pattern: '^[A-Z]{2}$',
        allowed: 'two capital letters of ISO 3166, like GB',
        description: 'The country that the store is in.',
      }),
    ),
    mqtt,
    http: Type.Object(
      {
        host: host('127.0.0.1', 'The address to listen on.'),
        port: port(9180, 'The port to listen on.'),
      },
      { ...GROUP, local: true, description: 'Where /healthz and /metrics answer.' },
    ),
    uplink,
    ledger,
    intake,
    peripherals,
    roles: Type.Record(ID_SOURCE, role, {
      default: DEFAULT_ROLES,
      description: 'What devices may publish and read, by role; your own roles may be added.',
      live: true,
    }),
    log: logging,
  },
  { title: 'Tillgate gateway' },
);

export type GatewayConfig = Static<typeof schema>;

export const GATEWAY_CONFIG: ConfigKind<GatewayConfig> = {
  title: 'gateway',
  version: 1,
  schema,
  migrations: [],
  rules: [
    {
      path: ['timeZone'],
      holds: ({ timeZone }) => isTimeZone(timeZone),
      allowed: 'a time zone of the IANA list, like Europe/London',
    },
    {
      path: ['mqtt', 'tls', 'certFile'],
      holds: ({ mqtt: { tls: listener } }) => !listener.enabled || listener.certFile !== undefined,
      allowed: 'the path of a certificate, because mqtt.tls.enabled is true',
    },
    {
      path: ['mqtt', 'tls', 'keyFile'],
      holds: ({ mqtt: { tls: listener } }) => !listener.enabled || listener.keyFile !== undefined,
      allowed: 'the path of a private key, because mqtt.tls.enabled is true',
    },
    {
      path: ['roles'],
      holds: ({ roles }) => Object.values(roles).every(hasOnlyFilters),
      allowed: 'topic filters: + fills a whole level, # is the last one',
    },
  ],
};

function hasOnlyFilters({ publish, subscribe, deny = [] }: Static<typeof role>): boolean {
  return [...publish, ...subscribe, ...deny].every(isTopicFilter);
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
