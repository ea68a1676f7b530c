/** The codes of rights: what a till learns that wants to spend, and a device that reserves. */
export const RIGHT_CODES = {
  RIGHTS_LACKING: {
    means: 'This gateway has not enough rights for what the transaction spends.',
    fix: 'Take another tender, or try again later: headquarters was asked for more.',
  },
  RIGHTS_FROZEN: {
    means:
      'Rights may not be spent here now: the log was rolled back or copied, and what it lacks is awaited.',
    fix: 'Take another tender; `tillgate status` says what is awaited. It thaws by itself where headquarters is joined; docs/rights.md says what to do where none is.',
  },
  RIGHTS_TOO_MANY: {
    means: 'What is credited would make a balance larger than can be counted exactly.',
    fix: 'Correct the amount; no balance exceeds 2^53 − 1 of its smallest unit.',
  },
  COUPON_UNKNOWN: {
    means: 'No coupon of this couponId is in force here.',
    fix: 'Correct the couponId, or take the discount without naming a coupon.',
  },
  COUPON_EXPIRED: {
    means: 'The coupon is over, by the time of headquarters that this log holds.',
    fix: 'Leave the coupon out.',
  },
  COUPON_USED: {
    means: 'The single-use code was used at this gateway before.',
    fix: 'Leave the coupon out.',
  },
  COUPON_CODE_NEEDED: {
    means: 'Each code of this coupon counts once, and the discount names none.',
    fix: 'Name the code in couponCode.',
  },
  RESERVATION_UNKNOWN: {
    means: 'No reservation of this reservationId is held here.',
    fix: 'Correct the reservationId; the answer to the reservation named it.',
  },
  RESERVATION_CONFLICT: {
    means: 'The reservationId belongs to a reservation of something else.',
    fix: 'Give this reservation an id of its own.',
  },
  RESERVATION_SETTLED: {
    means: 'The reservation has ended otherwise: it was collected, cancelled or has expired.',
    fix: 'Look the reservation up, and make a new one if the goods are still wanted.',
  },
} as const satisfies Record<string, { means: string; fix: string }>;
