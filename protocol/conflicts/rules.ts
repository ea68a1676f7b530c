/**
 * The rules by which two writes that cannot both stand are decided, once, by name (DESIGN section 11).
 * The order is: who owns the datum, then what happened physically, then the hybrid clock. Each rule's
 * decision is a pure function in a file of its own here; an entry names the rule that decided.
 */
export type ConflictRule = {
  /** What it is about. */
  datum: string;
  /** Who decides, in one sentence. */
  decides: string;
  /** `person` where somebody has to say how it ends. */
  by: 'rule' | 'person';
  /** Whose log has the entry. */
  writtenBy: 'gateway' | 'headquarters';
};

export const CONFLICT_RULES = {
  firstStands: {
    datum: 'transaction',
    decides:
      'Other content under a claimed id: the first stands, the other is kept and not booked.',
    by: 'rule',
    writtenBy: 'gateway',
  },
  firstInCustody: {
    datum: 'transaction',
    decides: 'Two logs of one gateway have other content under one id: what HQ had first stands.',
    by: 'rule',
    writtenBy: 'gateway',
  },
  firstAtHeadquarters: {
    datum: 'transaction',
    decides: 'Two gateways have other content under one id: the first in HQ’s custody stands.',
    by: 'person',
    writtenBy: 'headquarters',
  },
  configLocked: {
    datum: 'config',
    decides: 'A key that headquarters locked is headquarters’.',
    by: 'rule',
    writtenBy: 'gateway',
  },
  configLater: {
    datum: 'config',
    decides: 'The later change of a key stands, by the hybrid clock; the other stays in history.',
    by: 'rule',
    writtenBy: 'gateway',
  },
  storeOverride: {
    datum: 'price',
    decides: 'A price that the store set itself stands before headquarters’ until it runs out.',
    by: 'rule',
    writtenBy: 'gateway',
  },
  couponTwice: {
    datum: 'coupon',
    decides: 'A single-use code used twice without a right: the first in HQ’s custody stands.',
    by: 'rule',
    writtenBy: 'headquarters',
  },
  overdraft: {
    datum: 'grant',
    decides:
      'Copies of one log spent more of a grant than it was: all are booked, a person settles.',
    by: 'person',
    writtenBy: 'headquarters',
  },
} as const satisfies Record<string, ConflictRule>;

export type ConflictRuleName = keyof typeof CONFLICT_RULES;

/** The rule that a conflictId names; undefined for one of a later release. */
export function ruleOf(conflictId: string): ConflictRule | undefined {
  const name = conflictId.slice(0, conflictId.indexOf(':'));
  return Object.hasOwn(CONFLICT_RULES, name) ? CONFLICT_RULES[name as ConflictRuleName] : undefined;
}
