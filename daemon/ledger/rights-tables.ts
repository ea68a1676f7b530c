/**
 * The rows of rights in ledger.db:
 *
 *   rights_grants        what may be spent, by pool; `own` is what was earned here. What is spent,
 *                        closed or expired stays, so that it is never taken a second time; the
 *                        index rights_open has the others alone, so that a sale reads only those
 *   rights_terms         of coupons, as JSON; `null` once a coupon was taken away
 *   rights_codes         single-use codes that were used here
 *   rights_reservations  what is held for somebody, and what became of it
 *   rights_requests      what headquarters was asked for lately
 *   rights_state         one row: frozen or not, and the latest time of headquarters in the log
 *
 * A sale that names no right reads and writes none of them. Made where they are missing, and ignored
 * by releases that do not know them; a reader may be open before the writer has made them. They are
 * made last and their text is short, because all tables together have to be named on the first page
 * of the file: the doctor reads a file that lost it under that of a fresh one.
 */
export const RIGHTS_TABLES = `
CREATE TABLE IF NOT EXISTS rights_grants (
  pool TEXT, grant_id TEXT, amount INTEGER NOT NULL, remaining INTEGER NOT NULL,
  expires_at_ms INTEGER, is_closed INTEGER NOT NULL, PRIMARY KEY (pool, grant_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rights_terms (
  coupon_id TEXT PRIMARY KEY, terms TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rights_codes (
  coupon_id TEXT, taken_by TEXT, code TEXT, PRIMARY KEY (coupon_id, taken_by, code)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rights_reservations (
  reservation_id TEXT PRIMARY KEY, pool TEXT NOT NULL, amount INTEGER NOT NULL,
  state TEXT NOT NULL, until TEXT, is_drawn INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rights_requests (
  pool TEXT PRIMARY KEY, amount INTEGER NOT NULL, at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rights_state (
  id INTEGER PRIMARY KEY, frozen TEXT, anchor_seconds INTEGER NOT NULL
) STRICT;
`;

/** After all tables: those of a file that lost its first page are found where a fresh one has them. */
/** When a grant ends; the query has to say it as the index does. */
export const END = `ifnull(expires_at_ms, ${Number.MAX_SAFE_INTEGER})`;
export const RIGHTS_INDEX = `
CREATE INDEX IF NOT EXISTS rights_open ON rights_grants (pool, ${END})
  WHERE is_closed = 0 AND remaining > 0;
`;
