/**
 * The codes that a device sees in the `errors` of a result: the part of the one table of error
 * codes (protocol/error-codes.ts) that is about submissions.
 */
export const TRANSACTION_CODES = {
  TXN_NOT_UTF8: {
    means: 'The submission is not UTF-8 text, or begins with a byte order mark.',
    fix: 'Encode the JSON as UTF-8 without a byte order mark.',
  },
  TXN_NOT_JSON: {
    means: 'The submission is not JSON (RFC 8259), or nests deeper than 64 levels.',
    fix: 'Send one JSON object, or a compact JWS whose payload is one.',
  },
  TXN_KEY_DUPLICATE: {
    means: 'A member name stands twice in one object, so that readers may disagree on its value.',
    fix: 'Send each member once.',
  },
  TXN_TEXT_INVALID: {
    means: 'A string holds half of a surrogate pair, which no UTF-8 text can carry.',
    fix: 'Escape characters above U+FFFF as a pair, or send them unescaped.',
  },
  TXN_NUMBER_NOT_INTEGER: {
    means: 'A number is written with a fraction, an exponent or as minus zero.',
    fix: 'Write integers only: money in minor units, quantities and prices as value and scale.',
  },
  TXN_NUMBER_OUT_OF_RANGE: {
    means: 'A number lies outside of what its member allows, at most ±(2^53 − 1).',
    fix: 'Send a number within the range that the message names.',
  },
  TXN_MEMBER_MISSING: {
    means: 'A required member is absent or null.',
    fix: 'Add the member; docs/write-a-till.md shows a complete transaction.',
  },
  TXN_MEMBER_UNKNOWN: {
    means: 'An object has a member that the transaction format does not know.',
    fix: 'Correct its spelling, or move it into `extensions` under a reverse domain name.',
  },
  TXN_TYPE_WRONG: {
    means: 'A member holds another JSON type than it takes.',
    fix: 'Send the type that the message names.',
  },
  TXN_VALUE_INVALID: {
    means: 'A text is not of the form, or not one of the words, that its member takes.',
    fix: 'Send a value of the form that the message names.',
  },
  TXN_TOO_LONG: {
    means: 'A text, array or object holds more than its member may.',
    fix: 'Send less in this member; protocol/SPEC.md lists the limits.',
  },
  TXN_TOO_MANY_LINES: {
    means: 'The transaction has more than 5,000 lines.',
    fix: 'Split it into several transactions.',
  },
  TXN_TOO_LARGE: {
    means: 'The submission is larger than 1 MiB; only its hash and length were kept.',
    fix: 'Split it into several transactions.',
  },
  TXN_CURRENCY_UNKNOWN: {
    means: 'The currency is not an ISO 4217 code with a minor unit.',
    fix: 'Send the three-letter code in capitals, such as EUR.',
  },
  TXN_DATE_INVALID: {
    means: 'A date or time is not in the calendar, or not in the form of RFC 3339.',
    fix: 'Send dates as 2010-12-01 and times as 2010-12-01T08:26:00Z.',
  },
  TXN_LINE_NUMBER_DUPLICATE: {
    means: 'Two lines have the same lineNumber.',
    fix: 'Number the lines of a transaction without repetition, from 1.',
  },
  TXN_DISCOUNT_SIGN: {
    means: 'A discount has not the sign of its line (quantity × unitPrice).',
    fix: 'Send a discount positive on a sold line and negative on a returned one.',
  },
  TXN_EXTENDED_AMOUNT_MISMATCH: {
    means:
      'extendedAmount is not quantity × unitPrice, rounded half away from zero, less discounts.',
    fix: 'Compute the line in integers as protocol/SPEC.md section 1.4 shows.',
  },
  TXN_TOTAL_MISMATCH: {
    means: 'total is not the sum of the lines and of the taxes that are not included.',
    fix: 'Add up the lines and taxes in integers; total is what the customer owes.',
  },
  TXN_TENDERS_MISMATCH: {
    means: 'The tenders do not add up to total.',
    fix: 'List every tender, change as a negative amount; they add up to total.',
  },
  TXN_CHANGE_POSITIVE: {
    means: 'A tender of type change has a positive amount.',
    fix: 'Send change as zero or a negative amount: money that leaves the drawer.',
  },
  TXN_STOCK_TYPE: {
    means: 'A transaction that is no adjustment has the member stock.',
    fix: 'Send goods that are received, counted or moved as type adjustment; sales move stock anyway.',
  },
  TXN_STOCK_MISPLACED: {
    means: 'A member of stock does not belong to its movement.',
    fix: 'Send counterpart with transferIn and transferOut alone, and asOf with a count alone.',
  },
  TXN_STOCK_COUNT_NEGATIVE: {
    means: 'A line of a count has a quantity below zero.',
    fix: 'Send what was counted; to take goods out send the movement adjustment.',
  },
  TXN_RIGHTS_MISPLACED: {
    means: 'A tender names a member, points or an account, and is of a type that has none.',
    fix: 'Send memberId and points with a tender of type points, accountId with one of storedValue.',
  },
  TXN_RIGHTS_INCOMPLETE: {
    means:
      'memberId stands without points or points without memberId, or couponCode without couponId.',
    fix: 'Send both members of the pair, or neither.',
  },
  TXN_POINTS_SIGN: {
    means: 'Points have not the sign of their amount, are zero, or are earned by a void.',
    fix: 'Send points positive where they pay, negative where they are put back.',
  },
  TXN_SIGNATURE_INVALID: {
    means: 'The signed submission did not verify with a key that is enrolled for this device.',
    fix: 'Sign with an enrolled key as Ed25519 or ES256; `tillgate device key list` shows the keys.',
  },
  TXN_SIGNATURE_REQUIRED: {
    means: 'This device has a key enrolled and sent a transaction without a signature.',
    fix: 'Send the transaction as a compact JWS signed with that key, or revoke the key.',
  },
  TXN_ID_CLAIMED: {
    means: 'The transactionId belongs to another content that was accepted before.',
    fix: 'Keep the accepted one; give this content an id of its own if it is another sale.',
  },
} as const satisfies Record<string, { means: string; fix: string }>;
