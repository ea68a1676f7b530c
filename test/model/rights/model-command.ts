/** What may happen in a history, as values that fast-check makes and shortens. */
import fc from 'fast-check';

export const POOLS = [
  'stock:s1/milk',
  'stock:s2/milk',
  'coupon:c',
  'points:m',
  'storedValue:a/EUR',
] as const;

type Pool = (typeof POOLS)[number];
type AtGateway = { gateway: number };
/** Of commands that need nothing more. */
type Nothing = { gateway?: never };

type Members = {
  spend: AtGateway & { id: number; pool: Pool; amount: number };
  earn: AtGateway & { id: number; pool: Pool; amount: number };
  code: AtGateway & { id: number; code: string };
  hold: AtGateway & { id: number };
  end: AtGateway & { id: number; isCollected: boolean };
  up: AtGateway & { entries: number };
  down: AtGateway & { changes: number };
  anchor: AtGateway;
  tick: { seconds: number };
  supply: { pool: Pool; amount: number };
  issue: AtGateway & { id: number; pool: Pool; amount: number; lasts: number | undefined };
  recall: { id: number };
  recallOwn: AtGateway & { id: number; pool: Pool };
  serve: Nothing;
  online: AtGateway & { id: number; isPromise: boolean; pool: Pool; amount: number };
  endOnline: { id: number; isCollected: boolean };
  reclaim: { pool: Pool; amount: number };
  restart: AtGateway;
  restartHq: Nothing;
  fence: AtGateway;
  copyHq: Nothing;
  restoreHq: Nothing;
  rollBack: AtGateway & { entries: number; isSeen: boolean };
  clone: AtGateway;
};

type Type = keyof Members;
export type CommandOf<T extends Type> = { type: T } & Members[T];
export type Command = { [T in Type]: CommandOf<T> }[Type];

/** What is done in a world for each of some commands. */
export type Actions<World, T extends Type> = {
  [K in T]: (world: World, command: CommandOf<K>) => void;
};

type Form<T extends Type> = {
  /** How often, beside the others. */
  weight: number;
  members: { [K in keyof Members[T]]: fc.Arbitrary<Members[T][K]> };
};

/** Ids come again: what is asked twice is one thing. */
const id = fc.nat({ max: 23 });
const gateway = fc.nat({ max: 3 });
const pool = fc.constantFrom(...POOLS);
const amount = fc.integer({ min: 1, max: 6 });
const few = fc.integer({ min: 1, max: 5 });
const seconds = fc.integer({ min: 1, max: 400 });
const isCollected = fc.boolean();

const FORMS: { [T in Type]: Form<T> } = {
  spend: { weight: 8, members: { gateway, id, pool, amount } },
  earn: {
    weight: 3,
    members: { gateway, id, pool: fc.constantFrom('points:m', 'storedValue:a/EUR'), amount },
  },
  code: { weight: 3, members: { gateway, id, code: fc.constantFrom('x', 'y') } },
  hold: { weight: 4, members: { gateway, id } },
  end: { weight: 2, members: { gateway, id, isCollected } },
  up: { weight: 10, members: { gateway, entries: few } },
  down: { weight: 10, members: { gateway, changes: few } },
  anchor: { weight: 2, members: { gateway } },
  tick: { weight: 1, members: { seconds } },
  supply: { weight: 3, members: { pool, amount: fc.nat({ max: 12 }) } },
  issue: {
    weight: 8,
    members: { gateway, id, pool, amount, lasts: fc.option(seconds, { nil: undefined }) },
  },
  recall: { weight: 3, members: { id } },
  recallOwn: { weight: 1, members: { gateway, id, pool } },
  serve: { weight: 2, members: {} },
  online: { weight: 5, members: { gateway, id, isPromise: fc.boolean(), pool, amount } },
  endOnline: { weight: 2, members: { id, isCollected } },
  reclaim: { weight: 1, members: { pool, amount } },
  restart: { weight: 1, members: { gateway } },
  restartHq: { weight: 1, members: {} },
  fence: { weight: 1, members: { gateway } },
  copyHq: { weight: 1, members: {} },
  restoreHq: { weight: 1, members: {} },
  rollBack: { weight: 1, members: { gateway, entries: few, isSeen: fc.boolean() } },
  clone: { weight: 1, members: { gateway } },
};

const command = fc.oneof(
  ...Object.entries(FORMS).map(([type, form]) => {
    const members: Record<string, fc.Arbitrary<unknown>> = form.members;
    const arbitrary = fc.record({ type: fc.constant(type), ...members });
    return { weight: form.weight, arbitrary };
  }),
) as unknown as fc.Arbitrary<Command>;

export function history(commandsMax: number): fc.Arbitrary<Command[]> {
  return fc.array(command, { minLength: 1, maxLength: commandsMax, size: 'max' });
}
