/** Options that every drawer has. */
import type { SchemaNode } from '../../config/schema-node.ts';
import type { Level } from './drawer-line.ts';

const OPEN_TOO_LONG_MS = 60_000;

export const SHARED_DRAWER_OPTIONS: Readonly<Record<string, SchemaNode>> = {
  openLevel: {
    type: 'string',
    enum: ['high', 'low'],
    description: 'The level that means open; without it, it is learnt from the first opening.',
  },
  openTooLongMs: {
    type: 'integer',
    minimum: 1_000,
    maximum: 86_400_000,
    default: OPEN_TOO_LONG_MS,
    description: 'After this long an open drawer is told as `drawerOpenTooLong`.',
  },
};

export function readSharedOptions(options: Readonly<Record<string, unknown>>): {
  openLevel: Level | undefined;
  openTooLongMs: number;
} {
  const { openLevel, openTooLongMs } = options;
  return {
    openLevel: openLevel === 'high' || openLevel === 'low' ? openLevel : undefined,
    openTooLongMs: typeof openTooLongMs === 'number' ? openTooLongMs : OPEN_TOO_LONG_MS,
  };
}
