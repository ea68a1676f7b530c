/**
 * The tables of custody in PostgreSQL. `life` names the custody for good, `lives` its incarnations. `entries.hashes` is the leaf hash and every tree node the
 * entry completes, 32 bytes each. `appends` is custody order and the signed evidence. Nothing here
 * is ever updated but `log_head`, and that only by compare-and-swap on size and root.
 */
export const CUSTODY_TABLES = `
CREATE SCHEMA IF NOT EXISTS custody;
CREATE TABLE IF NOT EXISTS custody.life (
  single boolean PRIMARY KEY DEFAULT true CHECK (single),
  incarnation text NOT NULL
);
CREATE TABLE IF NOT EXISTS custody.lives (
  id serial PRIMARY KEY,
  incarnation text NOT NULL UNIQUE,
  previous text,
  reason text NOT NULL,
  began_at_ms bigint NOT NULL
);
CREATE TABLE IF NOT EXISTS custody.logs (
  origin_id serial PRIMARY KEY,
  origin text NOT NULL UNIQUE,
  log_vkey text NOT NULL,
  admission text NOT NULL
);
CREATE TABLE IF NOT EXISTS custody.log_head (
  origin_id integer PRIMARY KEY REFERENCES custody.logs,
  size bigint NOT NULL,
  root bytea NOT NULL,
  checkpoint text,
  cosigned text
);
CREATE TABLE IF NOT EXISTS custody.entries (
  origin_id integer NOT NULL,
  idx bigint NOT NULL,
  leaf bytea NOT NULL,
  hashes bytea NOT NULL,
  PRIMARY KEY (origin_id, idx)
);
CREATE TABLE IF NOT EXISTS custody.appends (
  seq bigserial PRIMARY KEY,
  origin_id integer NOT NULL,
  start_idx bigint NOT NULL,
  end_idx bigint NOT NULL,
  root bytea NOT NULL,
  checkpoint text NOT NULL
);
CREATE TABLE IF NOT EXISTS custody.blobs (
  origin_id integer NOT NULL,
  idx bigint NOT NULL,
  sha256 bytea NOT NULL,
  bytes bytea NOT NULL,
  PRIMARY KEY (origin_id, idx)
);
CREATE TABLE IF NOT EXISTS custody.evidence (
  id bigserial PRIMARY KEY,
  origin_id integer NOT NULL,
  held text NOT NULL,
  claimed text NOT NULL,
  recorded_at_ms bigint NOT NULL
);
`;

/** One statement is one transaction and so one fsync: head, entries and evidence, or nothing. */
export const APPEND_SQL = `
WITH moved AS (
  UPDATE custody.log_head h SET size = $4, root = $5, checkpoint = $6
  FROM custody.logs l
  WHERE l.origin = $1 AND h.origin_id = l.origin_id AND h.size = $2 AND h.root = $3
  RETURNING h.origin_id
), kept AS (
  INSERT INTO custody.entries (origin_id, idx, leaf, hashes)
  SELECT moved.origin_id, $2::bigint + e.ordinal - 1, e.leaf, e.hashes
  FROM moved, unnest($7::bytea[], $8::bytea[]) WITH ORDINALITY AS e (leaf, hashes, ordinal)
), noted AS (
  INSERT INTO custody.appends (origin_id, start_idx, end_idx, root, checkpoint)
  SELECT origin_id, $2, $4, $5, $6 FROM moved
)
SELECT origin_id FROM moved`;
