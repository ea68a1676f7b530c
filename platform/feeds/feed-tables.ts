/** The tables of feeds.db, and what a row of a feed says. */

/** Rises when the tables change; a file of a later layout is fetched or built again. */
export const FEED_LAYOUT = 2;

export const FEED_TABLES = `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  -- One row a feed; of a place at most one is active.
  CREATE TABLE feed (
    origin TEXT PRIMARY KEY,
    place TEXT NOT NULL,
    generation INTEGER NOT NULL UNIQUE,
    state TEXT NOT NULL,
    size INTEGER NOT NULL,
    frontier BLOB NOT NULL,
    note TEXT NOT NULL,
    force_size INTEGER NOT NULL,
    force_root BLOB NOT NULL
  ) WITHOUT ROWID;
  CREATE UNIQUE INDEX feed_active ON feed (place) WHERE state = 'active';
  CREATE TABLE document (
    generation INTEGER NOT NULL,
    collection TEXT NOT NULL,
    id TEXT NOT NULL,
    reference TEXT,
    entry INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (generation, collection, id)
  ) WITHOUT ROWID;
  CREATE INDEX document_reference ON document (generation, collection, reference)
    WHERE reference IS NOT NULL;
  CREATE TABLE code (
    generation INTEGER NOT NULL,
    collection TEXT NOT NULL,
    code TEXT NOT NULL,
    id TEXT NOT NULL,
    PRIMARY KEY (generation, collection, code)
  ) WITHOUT ROWID;
  -- Parts of a publication whose last one is not here yet.
  CREATE TABLE pending (
    generation INTEGER NOT NULL,
    entry INTEGER NOT NULL,
    leaf BLOB NOT NULL,
    PRIMARY KEY (generation, entry)
  );
  CREATE TABLE quarantine (
    generation INTEGER NOT NULL,
    entry INTEGER NOT NULL,
    line INTEGER NOT NULL,
    collection TEXT,
    id TEXT,
    code TEXT NOT NULL,
    path TEXT NOT NULL,
    message TEXT NOT NULL,
    PRIMARY KEY (generation, entry, line)
  ) WITHOUT ROWID;
  CREATE INDEX quarantine_document ON quarantine (generation, collection, id);
`;

/** What came with layout 2; a file of layout 1 gets it added. */
export const FEED_TABLES_2 = `
  -- The newest entries as they came; the last of a batch has the note that was signed over it.
  CREATE TABLE leaf (
    generation INTEGER NOT NULL,
    entry INTEGER NOT NULL,
    leaf BLOB NOT NULL,
    note TEXT NOT NULL,
    PRIMARY KEY (generation, entry)
  );
  -- Of a place the feed that was in force before: its entries are kept for headquarters.
  CREATE TABLE past (
    place TEXT PRIMARY KEY,
    origin TEXT NOT NULL,
    generation INTEGER NOT NULL,
    size INTEGER NOT NULL,
    note TEXT NOT NULL
  ) WITHOUT ROWID;
  -- A snapshot that is being loaded: chunks below next_chunk are in.
  CREATE TABLE loading (
    place TEXT PRIMARY KEY,
    origin TEXT NOT NULL,
    generation INTEGER NOT NULL UNIQUE,
    name TEXT NOT NULL,
    note TEXT NOT NULL,
    next_chunk INTEGER NOT NULL
  ) WITHOUT ROWID;
  -- What went to quarantine, as it came: a later release may read it.
  CREATE TABLE unread (
    generation INTEGER NOT NULL,
    entry INTEGER NOT NULL,
    line INTEGER NOT NULL,
    collection TEXT,
    id TEXT,
    raw BLOB NOT NULL,
    PRIMARY KEY (generation, entry, line)
  );
  CREATE INDEX unread_document ON unread (generation, collection, id);
`;

export type FeedRow = {
  origin: string;
  /** Whose it is: of one place one feed is active. */
  place: string;
  /** Names the documents of this feed among those of all. */
  generation: number;
  /** A coming feed is being filled, and nobody reads it yet. */
  state: 'coming' | 'active';
  /** Entries taken in. */
  size: number;
  /** The hashes of the complete subtrees, from which the log goes on. */
  frontier: Buffer;
  /** The signed checkpoint of `size`; empty for a feed without entries. */
  note: string;
  /** Entries whose publications are whole: the head that is in force. */
  forceSize: number;
  forceRoot: Buffer;
};

export const FEED_COLUMNS =
  'origin, place, generation, state, size, frontier, note, ' +
  'force_size AS forceSize, force_root AS forceRoot';
