/**
 * The limits of the replication messages. Both sides enforce them, so they are part of the wire
 * format: a receiver refuses what exceeds them and a sender never builds it.
 */
import { LEAF_BYTES_MAX } from '../log/entry.ts';

/**
 * What one message may weigh on the wire. Several hosted MQTT brokers cap a payload at 64 KiB.
 */
export const MESSAGE_BYTES_MAX = 64 * 1024;

/** The header line with its LF. An admission (two names, a key, a signature) is the largest part. */
export const HEADER_BYTES_MAX = 4 * 1024;

/** A signed checkpoint with up to sixteen signature lines of long names stays below this. */
export const NOTE_BYTES_MAX = 8 * 1024;

/**
 * A batch of exactly one uncompressed entry may exceed the message limit, because a leaf that does
 * not shrink has to travel somehow: the leaf, its length, its checkpoint and the header.
 */
export const SINGLE_ENTRY_MESSAGE_BYTES_MAX =
  LEAF_BYTES_MAX + 4 + 4 + NOTE_BYTES_MAX + HEADER_BYTES_MAX;

/** What the entries of one batch may weigh once expanded: bounds the receiver's memory. */
export const BATCH_EXPANDED_BYTES_MAX = 1024 * 1024;

/** Entries in one batch: bounds the work behind one signature check. */
export const BATCH_ENTRIES_MAX = 1024;

/** One part of a blob, leaving room for the header within a message. */
export const BLOB_PART_BYTES_MAX = 48 * 1024;

/**
 * A whole blob, salt included: the largest submission that is kept weighs 1 MiB, and salt and some
 * growth of other kinds need room above it.
 */
export const BLOB_BYTES_MAX = 2 * 1024 * 1024;

/** Blobs one head may name as missing: more would not fit the header; the rest follow later. */
export const MISSING_BLOBS_MAX = 16;

/** The longest pause a receiver may ask for: an hour; longer would look like a dead uplink. */
export const RETRY_AFTER_MS_MAX = 3_600_000;

/** The snapshot of a feed, or one chunk of it, leaving room for the header within a message. */
export const SNAPSHOT_PART_BYTES_MAX = 60 * 1024;

/** Chain and store, of the life in force and of the one before: all of it in one header line. */
export const HELD_FEEDS_MAX = 4;
