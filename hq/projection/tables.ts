/**
 * The projection's tables, the same on PGlite and PostgreSQL. Everything in them comes from custody
 * and can be dropped. Amounts are bigint minor units; quantities and prices keep their own scale.
 *
 * `counted_sales` holds the first entry of each (chain, store, transaction id) in custody order: the
 * one that counts, numbered in that order. `transactions` holds every transaction entry with its
 * standing towards it. Stock and conflicts have tables of their own, beside what fills them.
 */
import { COMMAND_ANSWERS_TABLE } from './command-answers.ts';
import { CONFLICT_TABLES } from './conflict-rows.ts';
import { STOCK_TABLES } from './stock-events.ts';
import { POOL_INDEX } from './pool-reports.ts';
import { RIGHT_EVENT_TABLES } from './right-events.ts';
import { RIGHT_SUM_TABLES } from './right-sums.ts';
import { AT_REST_INDEX } from './rights-at-rest.ts';

export const PROJECTION_VERSION = 7;

export const DROP_PROJECTION = 'DROP SCHEMA IF EXISTS projection CASCADE;';

export const PROJECTION_TABLES = `
CREATE SCHEMA IF NOT EXISTS projection;
CREATE TABLE IF NOT EXISTS projection.progress (
  single boolean PRIMARY KEY DEFAULT true CHECK (single),
  version integer NOT NULL,
  cursor text NOT NULL
);
CREATE TABLE IF NOT EXISTS projection.logs (
  origin_id serial PRIMARY KEY,
  origin text NOT NULL UNIQUE,
  chain text NOT NULL,
  store text NOT NULL,
  gateway text NOT NULL,
  size bigint NOT NULL
);
CREATE TABLE IF NOT EXISTS projection.counted_sales (
  chain text NOT NULL,
  store text NOT NULL,
  transaction_id uuid NOT NULL,
  origin_id integer NOT NULL,
  idx bigint NOT NULL,
  content_hash text NOT NULL,
  type text NOT NULL,
  business_date date NOT NULL,
  currency text NOT NULL,
  total bigint NOT NULL,
  training boolean NOT NULL,
  number bigserial,
  PRIMARY KEY (chain, store, transaction_id)
);
CREATE TABLE IF NOT EXISTS projection.transactions (
  origin_id integer NOT NULL,
  idx bigint NOT NULL,
  chain text NOT NULL,
  store text NOT NULL,
  transaction_id uuid NOT NULL,
  device_id text,
  type text NOT NULL,
  sequence_number bigint NOT NULL,
  business_date date NOT NULL,
  occurred_at text NOT NULL,
  recorded_at text NOT NULL,
  operator_id text,
  customer_id text,
  original_transaction_id uuid,
  currency text NOT NULL,
  total bigint NOT NULL,
  training boolean NOT NULL,
  content_hash text NOT NULL,
  standing text NOT NULL CHECK (standing IN ('counted', 'duplicate', 'conflict')),
  duplicate_of_origin_id integer,
  duplicate_of_idx bigint,
  PRIMARY KEY (origin_id, idx)
);
CREATE INDEX IF NOT EXISTS transactions_by_id ON projection.transactions (transaction_id);
CREATE TABLE IF NOT EXISTS projection.lines (
  origin_id integer NOT NULL,
  idx bigint NOT NULL,
  line_number bigint NOT NULL,
  item_id text NOT NULL,
  description text,
  quantity_value bigint NOT NULL,
  quantity_scale smallint NOT NULL,
  unit text,
  unit_price_value bigint NOT NULL,
  unit_price_scale smallint NOT NULL,
  discount_amount numeric NOT NULL,
  extended_amount bigint NOT NULL
);
CREATE INDEX IF NOT EXISTS lines_by_entry ON projection.lines (origin_id, idx);
CREATE TABLE IF NOT EXISTS projection.tenders (
  origin_id integer NOT NULL,
  idx bigint NOT NULL,
  ordinal integer NOT NULL,
  type text NOT NULL,
  amount bigint NOT NULL
);
CREATE INDEX IF NOT EXISTS tenders_by_entry ON projection.tenders (origin_id, idx);
CREATE TABLE IF NOT EXISTS projection.taxes (
  origin_id integer NOT NULL,
  idx bigint NOT NULL,
  ordinal integer NOT NULL,
  code text,
  rate_value bigint,
  rate_scale smallint,
  amount bigint NOT NULL,
  included boolean NOT NULL
);
CREATE INDEX IF NOT EXISTS taxes_by_entry ON projection.taxes (origin_id, idx);
CREATE TABLE IF NOT EXISTS projection.rejected (
  origin_id integer NOT NULL,
  idx bigint NOT NULL,
  kind text NOT NULL,
  device_id text,
  transaction_id text,
  recorded_at text,
  codes text NOT NULL,
  PRIMARY KEY (origin_id, idx)
);
CREATE TABLE IF NOT EXISTS projection.devices (
  origin_id integer NOT NULL,
  idx bigint NOT NULL,
  device_id text,
  action text,
  recorded_at text,
  detail text NOT NULL,
  PRIMARY KEY (origin_id, idx)
);
CREATE TABLE IF NOT EXISTS projection.quarantine (
  origin_id integer NOT NULL,
  idx bigint NOT NULL,
  reason text NOT NULL,
  uninterpreted boolean NOT NULL,
  PRIMARY KEY (origin_id, idx)
);
CREATE TABLE IF NOT EXISTS projection.waivers (
  origin text NOT NULL,
  idx bigint NOT NULL,
  reason text NOT NULL,
  waived_by text NOT NULL,
  waived_at text NOT NULL
);
CREATE INDEX IF NOT EXISTS waivers_by_entry ON projection.waivers (origin, idx);
${RIGHT_EVENT_TABLES}
${RIGHT_SUM_TABLES}
${AT_REST_INDEX}
${STOCK_TABLES}
${POOL_INDEX}
${CONFLICT_TABLES}
${COMMAND_ANSWERS_TABLE}`;
