/** The part of the one table of error codes (error-codes.ts) about stock on hand. */
export const STOCK_CODES = {
  STOCK_OVERFLOW: {
    means: 'A quantity is too large to be added to the stock of its item, so it was left out.',
    fix: 'Correct the quantity with an adjustment; an item may have up to nine billion units.',
  },
  STOCK_COUNT_TOO_OLD: {
    means:
      'A count is true for an entry so far back that what happened since is not kept any more.',
    fix: 'Count again, and send the count within 65,536 entries of its asOf.',
  },
  STOCK_VOID_OF_COUNT: {
    means: 'A void names a count; nobody knows what the stock was before it.',
    fix: 'Count again; the newer count takes the place of the wrong one.',
  },
  STOCK_DATABASE_DAMAGED: {
    means: 'The stock that was added up from the log could not be read.',
    fix: 'Nothing: it was set aside and is added up again; sales are not affected. Look at the disk.',
  },
  RESERVATION_INVALID: {
    means: 'A request to keep goods does not have its form.',
    fix: 'Correct what the path names; docs/stock.md shows each request.',
  },
  RESERVATION_BUSY: {
    means: 'Too many requests to keep goods wait, or a device asks more often than it may.',
    fix: 'Send the same request again after retryAfterMs.',
  },
  STOCK_ENTRY_UNREADABLE: {
    means: 'A booked transaction could not be read, so it moved no stock.',
    fix: 'Update the gateway where it is of a later form; stock is then added up again by itself.',
  },
} as const;
