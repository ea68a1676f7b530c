/**
 * What broker.db holds, and every change that can be made to it. The broker's thread decides what
 * changes; the thread of the database only runs these statements in the order they came, so what is
 * on disk after a crash is always a state that the broker was in.
 *
 *   sessions  those with anything to keep; left_hour is the running hour (see `clock`) at which the
 *             last connection went, null while there is one
 *   filters   what a session subscribed
 *   bodies    topic and payload of queued messages, once for all sessions that wait for them
 *   queued    which session waits for which body: small rows, so that a start reads little
 *   received  packet ids of inbound QoS 2 messages between PUBREC and PUBCOMP
 *   retained, wills
 *   clock     hours that the gateway has run, for ages that no wrong clock can change
 */
export const SCHEMA_VERSION = 1;

export const TABLES = `
CREATE TABLE sessions (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, left_hour INTEGER) STRICT;
CREATE TABLE filters (
  session INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE, filter TEXT NOT NULL,
  options TEXT NOT NULL, PRIMARY KEY (session, filter)
) STRICT, WITHOUT ROWID;
CREATE TABLE bodies (id INTEGER PRIMARY KEY, topic TEXT NOT NULL, payload BLOB NOT NULL) STRICT;
CREATE TABLE queued (
  session INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE, position INTEGER NOT NULL,
  body INTEGER NOT NULL, qos INTEGER NOT NULL, packet_id INTEGER NOT NULL,
  is_released INTEGER NOT NULL, bytes INTEGER NOT NULL, PRIMARY KEY (session, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE received (
  session INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE, packet_id INTEGER NOT NULL,
  PRIMARY KEY (session, packet_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE retained (topic TEXT PRIMARY KEY, qos INTEGER NOT NULL, payload BLOB NOT NULL) STRICT;
CREATE TABLE wills (
  session INTEGER PRIMARY KEY REFERENCES sessions ON DELETE CASCADE, topic TEXT NOT NULL,
  qos INTEGER NOT NULL, retain INTEGER NOT NULL, payload BLOB NOT NULL
) STRICT;
CREATE TABLE clock (id INTEGER PRIMARY KEY CHECK (id = 0), hours INTEGER NOT NULL) STRICT;
INSERT INTO clock VALUES (0, 0);
`;

export const STATEMENTS = {
  addSession: 'INSERT INTO sessions VALUES (?, ?, ?)',
  markSession: 'UPDATE sessions SET left_hour = ? WHERE id = ?',
  endSession: 'DELETE FROM sessions WHERE id = ?',
  putFilter: 'INSERT OR REPLACE INTO filters VALUES (?, ?, ?)',
  dropFilter: 'DELETE FROM filters WHERE session = ? AND filter = ?',
  addBody: 'INSERT INTO bodies VALUES (?, ?, ?)',
  dropBody: 'DELETE FROM bodies WHERE id = ?',
  enqueue: 'INSERT INTO queued VALUES (?, ?, ?, ?, 0, 0, ?)',
  assign: 'UPDATE queued SET packet_id = ? WHERE session = ? AND position = ?',
  release:
    'UPDATE queued SET is_released = 1, body = 0, bytes = 0 WHERE session = ? AND position = ?',
  dequeue: 'DELETE FROM queued WHERE session = ? AND position = ?',
  receive: 'INSERT OR IGNORE INTO received VALUES (?, ?)',
  forget: 'DELETE FROM received WHERE session = ? AND packet_id = ?',
  putRetained: 'INSERT OR REPLACE INTO retained VALUES (?, ?, ?)',
  dropRetained: 'DELETE FROM retained WHERE topic = ?',
  putWill: 'INSERT OR REPLACE INTO wills VALUES (?, ?, ?, ?, ?)',
  dropWill: 'DELETE FROM wills WHERE session = ?',
  setHours: 'UPDATE clock SET hours = ?',
} as const;

export type StatementName = keyof typeof STATEMENTS;
export type SqlValue = string | number | Uint8Array | null;
export type Change = readonly [StatementName, ...SqlValue[]];

export interface Body {
  topic: string;
  payload: Uint8Array | string;
}

export interface StoredWill extends Body {
  session: number;
  qos: 0 | 1 | 2;
  retain: boolean;
}

/** Everything but the bodies, as it is read at the start. */
export interface StoredState {
  hours: number;
  sessions: { id: number; name: string; leftHour: number | null }[];
  filters: { session: number; filter: string; options: string }[];
  /** Rows of `QUEUED_COLUMNS` numbers: session, position, body, qos, packet id, is released, bytes. */
  queued: Float64Array;
  received: { session: number; packetId: number }[];
  retained: { topic: string; qos: 0 | 1 | 2; payload: Uint8Array }[];
  wills: StoredWill[];
  /** The highest numbers in use. */
  lastBody: number;
}

export const QUEUED_COLUMNS = 7;
