/** Everything an operator may say about headquarters; all of it has a default. */
import type { ConfigKind } from './config-kind.ts';
import { domain, GROUP, host, logging, port } from './shared-keys.ts';
import { Type } from './schema-type.ts';
import type { Static } from './schema-type.ts';

const schema = Type.Object(
  {
    version: Type.Integer({
      minimum: 1,
      maximum: 1,
      default: 1,
      description: 'The form of this file; raised by Tillgate itself.',
    }),
    domain,
    mqtt: Type.Object(
      {
        host: host('127.0.0.1', 'The address on which the stores reach the embedded broker.'),
        port: port(1884, 'The port of the embedded broker.'),
      },
      { ...GROUP, description: 'The embedded broker; not used where broker.url names another.' },
    ),
    publicUrl: Type.Optional(
      Type.String({
        pattern: '^(mqtts?|wss?)://[^\\s]{1,512}$',
        allowed: 'a URL that starts with mqtt://, mqtts://, ws:// or wss://',
        description: 'The URL under which stores reach the broker; written into enrolments.',
      }),
    ),
    http: Type.Object(
      {
        host: host('127.0.0.1', 'The address to listen on.'),
        port: port(9190, 'The port to listen on.'),
      },
      { ...GROUP, description: 'Where the API, /healthz and /metrics answer.' },
    ),
    broker: Type.Object(
      {
        url: Type.Optional(
          Type.String({
            pattern: '^(mqtts?|wss?)://[^\\s]{1,512}$',
            allowed: 'a URL that starts with mqtt://, mqtts://, ws:// or wss://',
            description: 'Another MQTT 3.1.1 broker instead of the embedded one.',
            secret: true,
          }),
        ),
      },
      { ...GROUP, description: 'A broker of your own.' },
    ),
    database: Type.Object(
      {
        url: Type.Optional(
          Type.String({
            pattern: '^postgres(ql)?://[^\\s]{1,512}$',
            allowed: 'a URL that starts with postgres://',
            description: 'PostgreSQL for custody and projection instead of files.',
            secret: true,
          }),
        ),
      },
      { ...GROUP, description: 'A database of your own.' },
    ),
    rights: Type.Object(
      {
        settleSeconds: Type.Integer({
          minimum: 0,
          maximum: 3_600,
          default: 60,
          description:
            'How long after a start no rights are handed out, so that gateways can show a restore.',
        }),
        mirrorSeconds: Type.Integer({
          minimum: 0,
          maximum: 60,
          default: 2,
          description:
            'How long an online promise waits until a gateway holds what it is made from; 0 does not wait.',
        }),
      },
      { ...GROUP, description: 'Grants and online promises.' },
    ),
    log: logging,
  },
  { title: 'Tillgate headquarters' },
);

export type HqConfig = Static<typeof schema>;

export const HQ_CONFIG: ConfigKind<HqConfig> = {
  title: 'headquarters',
  version: 1,
  schema,
  migrations: [],
  rules: [],
};
