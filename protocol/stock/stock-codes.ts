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
  STOCK_ENTRY_UNREADABLE: {
    means: 'A booked transaction could not be read, so it moved no stock.',
    fix: 'Update the gateway where it is of a later form; stock is then added up again by itself.',
  },
} as const;
