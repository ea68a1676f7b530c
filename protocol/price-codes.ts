/** The part of the one table of error codes (error-codes.ts) about prices that a store sets itself. */
export const PRICE_CODES = {
  PRICE_ITEM_UNKNOWN: {
    means: 'A price was said of an item that headquarters has not published to this store.',
    fix: 'See the id of the item with a question of a device, or publish the item first.',
  },
  PRICE_OVERRIDE_UNKNOWN: {
    means: 'The store has set no price of that item that still counts.',
    fix: 'See `tillgate price list`.',
  },
  PRICE_OVERRIDES_FULL: {
    means: 'The store has set as many prices itself as a gateway keeps.',
    fix: 'Withdraw some with `tillgate price withdraw`, or ask headquarters to publish them for the store.',
  },
} as const;
