/**
 * Rows of rights that are being changed, over rows that are not: reads see what was put before, and
 * `writes` says what differs in the end. Over `NO_RIGHTS` it is a holder in memory.
 */
import type { CouponTerms } from './right-entries.ts';
import { isOpen } from './rights-view.ts';
import type {
  CodeUse,
  GrantRow,
  RequestRow,
  ReservationRow,
  RightsState,
  RightsView,
  RightsWrites,
} from './rights-view.ts';

export class RightsDraft implements RightsView {
  readonly #below: RightsView;
  /** By pool, then by grantId. */
  readonly #grants = new Map<string, Map<string, GrantRow>>();
  readonly #terms = new Map<string, CouponTerms | null>();
  /** By coupon, then by code. */
  readonly #uses = new Map<string, Map<string, CodeUse>>();
  readonly #reservations = new Map<string, ReservationRow>();
  readonly #requests = new Map<string, RequestRow | null>();
  #state: RightsState | undefined;

  constructor(below: RightsView) {
    this.#below = below;
  }

  grantsOf(pool: string): readonly GrantRow[] {
    const changed = this.#grants.get(pool);
    if (changed === undefined) return this.#below.grantsOf(pool);
    const others = this.#below.grantsOf(pool).filter(({ grantId }) => !changed.has(grantId));
    return [...others, ...changed.values()];
  }

  openGrants(pool: string): readonly GrantRow[] {
    const state = this.state();
    const changed = this.#grants.get(pool);
    const others = this.#below.openGrants(pool).filter(({ grantId }) => !changed?.has(grantId));
    return [...others, ...(changed?.values() ?? [])].filter((row) => isOpen(row, state));
  }

  grant(pool: string, grantId: string): GrantRow | undefined {
    return this.#grants.get(pool)?.get(grantId) ?? this.#below.grant(pool, grantId);
  }

  terms(couponId: string): CouponTerms | null | undefined {
    const changed = this.#terms.get(couponId);
    return changed === undefined ? this.#below.terms(couponId) : changed;
  }

  codeUse(couponId: string, code: string): CodeUse | undefined {
    return this.#uses.get(couponId)?.get(code) ?? this.#below.codeUse(couponId, code);
  }

  policyUses(couponId: string): number {
    const added = [...(this.#uses.get(couponId)?.values() ?? [])];
    return this.#below.policyUses(couponId) + added.filter((by) => by === 'policy').length;
  }

  reservation(reservationId: string): ReservationRow | undefined {
    return this.#reservations.get(reservationId) ?? this.#below.reservation(reservationId);
  }

  request(pool: string): RequestRow | undefined {
    const changed = this.#requests.get(pool);
    return changed === undefined ? this.#below.request(pool) : (changed ?? undefined);
  }

  state(): RightsState {
    return this.#state ?? this.#below.state();
  }

  putGrant(row: GrantRow): void {
    const ofPool = this.#grants.get(row.pool) ?? new Map<string, GrantRow>();
    this.#grants.set(row.pool, ofPool.set(row.grantId, row));
  }

  putTerms(couponId: string, terms: CouponTerms | null): void {
    this.#terms.set(couponId, terms);
  }

  /** A code is used once; what is said of it again changes nothing. */
  putUse(couponId: string, code: string, by: CodeUse): void {
    if (this.codeUse(couponId, code) !== undefined) return;
    const ofCoupon = this.#uses.get(couponId) ?? new Map<string, CodeUse>();
    this.#uses.set(couponId, ofCoupon.set(code, by));
  }

  putReservation(row: ReservationRow): void {
    this.#reservations.set(row.reservationId, row);
  }

  putRequest(pool: string, row: RequestRow | null): void {
    this.#requests.set(pool, row);
  }

  putState(changed: Partial<RightsState>): void {
    this.#state = { ...this.state(), ...changed };
  }

  /** What differs from the rows below. */
  writes(): RightsWrites {
    return {
      grants: [...this.#grants.values()].flatMap((ofPool) => [...ofPool.values()]),
      terms: [...this.#terms].map(([couponId, terms]) => ({ couponId, terms })),
      uses: [...this.#uses].flatMap(([couponId, codes]) =>
        [...codes].map(([code, by]) => ({ couponId, code, by })),
      ),
      reservations: [...this.#reservations.values()],
      requests: [...this.#requests].map(([pool, row]) => ({ pool, row })),
      state: this.#state,
    };
  }
}
