/** The codes of headquarters' side of rights: pools, grants and online promises. */
export const POOL_CODES = {
  RIGHTS_EXCEED_SUPPLY: {
    means: 'More was asked of a pool than it has left.',
    fix: 'See `tillgate hq pool show`: recall what stores hold, raise the supply, or ask for less.',
  },
  RIGHTS_OUTSTANDING: {
    means: 'A supply cannot be lowered below what was handed out or spent already.',
    fix: 'Recall grants with `tillgate hq grant recall`, and lower it when they came back.',
  },
  RIGHTS_POOL_UNKNOWN: {
    means: 'Headquarters has no supply of that pool.',
    fix: 'Set it with `tillgate hq pool set`; a coupon with a cap makes its own when it is published.',
  },
  RIGHTS_NOT_MIRRORED: {
    means: 'No gateway has confirmed yet what an online promise would be made from.',
    fix: 'Send the same request again; it goes through as soon as a gateway of the chain is connected.',
  },
  RIGHTS_HOLDER_UNKNOWN: {
    means: 'No gateway of that name is enrolled, so it cannot hold rights.',
    fix: 'See `tillgate hq store list`.',
  },
  RIGHTS_HOLDER_FENCED: {
    means: 'The gateway is fenced: its rights were freed, and it gets none any more.',
    fix: 'Enrol its successor under a name of its own.',
  },
  RIGHTS_LOCKED: {
    means: 'Headquarters was restored or has just started, and hands out no rights yet.',
    fix: 'See `tillgate hq pool list`: it says which gateways are waited for. Fence one that is dead.',
  },
  RIGHTS_ID_TAKEN: {
    means: 'The id of a grant, promise or spend belongs to another one with other content.',
    fix: 'Make a new id for each; send the same id only with the same content.',
  },
  RIGHTS_GRANT_UNKNOWN: {
    means: 'There is no grant of that id.',
    fix: 'See `tillgate hq grant list`.',
  },
  RIGHTS_PROMISE_UNKNOWN: {
    means: 'There is no promise of that id.',
    fix: 'Correct the id, or make the promise first.',
  },
  RIGHTS_PROMISE_SETTLED: {
    means: 'The promise has ended in another way than the one asked for.',
    fix: 'Nothing: a promise that was collected cannot be released, nor the other way round.',
  },
} as const satisfies Record<string, { means: string; fix: string }>;
