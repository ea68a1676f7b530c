/** The part of the one table of error codes (error-codes.ts) about feeds and the questions of devices. */
export const FEED_CODES = {
  FEED_DOCUMENT_INVALID: {
    means: 'A document of a feed does not have the form of its collection.',
    fix: 'Correct what the path names; docs/feeds.md lists every member and every CSV column.',
  },
  FEED_COLLECTION_UNKNOWN: {
    means: 'A document is of a collection that this release does not know.',
    fix: 'Use one of those in docs/feeds.md, or update this side of the feed.',
  },
  FEED_COLLECTION_RESERVED: {
    means: 'A document is of a collection that headquarters writes itself, such as grants.',
    fix: 'Use the command that is there for it: `tillgate hq grant`, `hq pool` or `conflict resolve`.',
  },
  FEED_SCHEMA_NEWER: {
    means: 'A document of a feed has a later schemaVersion than this release reads.',
    fix: 'Update the gateway: it then looks at the document again; until then the earlier one counts.',
  },
  FEED_PRICE_NEGATIVE: {
    means: 'A price is below zero.',
    fix: 'Publish the price as zero or more; a reduction is a discount of the sale.',
  },
  FEED_CURRENCY_UNKNOWN: {
    means: 'A currency is not one of ISO 4217 that a till can take.',
    fix: 'Use the three capital letters of the currency, such as EUR.',
  },
  FEED_CODE_TAKEN: {
    means: 'Two documents of a collection share a code that people scan.',
    fix: 'Take the code from the document that has it, publish that, and then give it to the other.',
  },
  FEED_ENTRY_UNREADABLE: {
    means: 'An entry of a feed is signed and whole, and cannot be read.',
    fix: 'Update the gateway; entries after it are not held up.',
  },
  FEED_FILE_INVALID: {
    means: 'A file of documents cannot be published; nothing of it was.',
    fix: 'Correct the lines that are named and publish the whole file again.',
  },
  FEED_TOO_LARGE: {
    means: 'More documents were given at once than one publication may hold.',
    fix: 'Publish them in several parts.',
  },
  FEED_CHAIN_UNKNOWN: {
    means: 'Headquarters cannot tell for which chain a feed is.',
    fix: 'Name it with --chain; `tillgate hq store list` shows the chains of the stores.',
  },
  FEED_BUSY: {
    means: 'Somebody else is publishing at this moment.',
    fix: 'Try again when the other publication has ended.',
  },
  FEED_DATABASE_DAMAGED: {
    means: 'The copy of the feeds could not be read.',
    fix: 'Nothing: it was set aside and is fetched or built again; sales are not affected. Look at the disk.',
  },
  FEED_REFUSED: {
    means: 'What came as a feed from headquarters was not taken, because it could not be verified.',
    fix: 'Look at the log of headquarters; if its keys changed, join it again. The feed as it was stays in force.',
  },
  FEED_SNAPSHOT_REFUSED: {
    means: 'A snapshot of a feed was not taken, because it could not be verified.',
    fix: 'Nothing at once: the feed comes entry by entry instead. Look at the log of headquarters; see what stands between it and the store.',
  },
  FEED_QUARANTINED: {
    means: 'Documents of a feed are in quarantine; the earlier ones stay in force.',
    fix: '`tillgate status --json` names them under feeds; publish them corrected at headquarters.',
  },
  FEED_WORKER_LOST: {
    means: 'The part that keeps the feeds ended unexpectedly.',
    fix: 'The daemon restarts by itself; report the log output if it happens again.',
  },
  QUERY_INVALID: {
    means: 'A question of a device does not have the form of its kind.',
    fix: 'Correct what the path names; docs/feeds.md shows each question.',
  },
  QUERY_UNKNOWN: {
    means: 'A device asked a kind of question that this release does not answer.',
    fix: 'Ask one of item, price, stock, member, coupon, tax or transaction.',
  },
  QUERY_NOT_FOUND: {
    means: 'Nothing with that code or id is known here.',
    fix: 'See the age of the feed in the answer: it may have come since at headquarters.',
  },
  QUERY_NO_PRICE: {
    means: 'The item is known, and no price of it counts now in this store.',
    fix: 'Publish a price for the store, its zone or the chain that counts today.',
  },
  QUERY_TOO_MANY: {
    means: 'A device asks more often than it may, or too many questions wait.',
    fix: 'Ask again after retryAfterMs.',
  },
  QUERY_UNAVAILABLE: {
    means: 'The gateway cannot look it up at the moment.',
    fix: 'Ask again after retryAfterMs.',
  },
} as const;
