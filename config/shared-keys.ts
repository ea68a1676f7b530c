/** Keys that both configurations have. */
import { Type } from './schema-type.ts';

export const HOST_PATTERN = '^[A-Za-z0-9._:-]{1,253}$';

export const host = (fallback: string, description: string) =>
  Type.String({
    pattern: HOST_PATTERN,
    allowed: 'a host name or an address; 0.0.0.0 for every interface',
    default: fallback,
    description,
  });

/** 0 lets the system choose; `tillgate status --json` tells which it chose. */
export const port = (fallback: number, description: string) =>
  Type.Integer({ minimum: 0, maximum: 65_535, default: fallback, description });

export const path = (description: string) =>
  Type.Optional(
    Type.String({
      pattern: '^.{1,4096}$',
      allowed: 'the path of a file',
      description,
      local: true,
    }),
  );

export const domain = Type.String({
  pattern:
    '^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$',
  allowed: 'a DNS name in lower case',
  default: 'tillgate.invalid',
  description: 'The DNS name under which the logs are named; yours, and the same at headquarters.',
  fixed: true,
});

export const logging = Type.Object(
  {
    level: Type.Enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
      default: 'info',
      description: 'From which level on lines are logged.',
      live: true,
    }),
  },
  { default: {}, description: 'What is written to the log.' },
);

/** A group of keys, all of which have defaults. */
export const GROUP = { default: {} } as const;
