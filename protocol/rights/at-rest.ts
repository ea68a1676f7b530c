/**
 * A grant is at rest when nothing is left of it and nothing ever will be: as much as it was is drawn or
 * given back, or its holder's log has an anchor at or past its end. From then on it takes of its pool
 * exactly what is drawn of it, whatever any log still says: drawn later (by a copied log, or by entries
 * that come back) adds to that, a recall, a fence or its end change nothing. So it need not be kept by
 * itself: the pool keeps one sum, and only its name has to be known for ever, on disk.
 *
 * The rule reads what logs say and nothing else, so every headquarters that has the same entries has
 * the same grants at rest, whenever it looks. hq/projection/rights-at-rest.ts says it in SQL.
 */
export type GrantSums = {
  /** Undefined before its holder's log says that it is there. */
  received: number | undefined;
  drawn: number;
  returned: number;
  /** Seconds since 1970; null is without end. */
  ends: number | null;
  /** Headquarters' time, in seconds, that its holder's log has passed. */
  reached: number;
};

export function isAtRest({ received, drawn, returned, ends, reached }: GrantSums): boolean {
  if (received === undefined) return false;
  return drawn + returned >= received || (ends !== null && reached >= ends);
}

/** What is known of a grant at rest: as its holder's log received it. */
export type GrantAtRest = {
  grantId: string;
  pool: string;
  store: string;
  gateway: string;
  amount: number;
  ends: number | null;
};

const MS_PER_SECOND = 1_000;

/** When a grant ends, in whole seconds, as anchors have them; null for none or what is no time. */
export function endSeconds(expiresAt: string | undefined): number | null {
  const ms = expiresAt === undefined ? NaN : Date.parse(expiresAt);
  return Number.isNaN(ms) ? null : Math.max(0, Math.ceil(ms / MS_PER_SECOND));
}

export function endText(ends: number | null): string | undefined {
  return ends === null ? undefined : new Date(ends * MS_PER_SECOND).toISOString();
}
