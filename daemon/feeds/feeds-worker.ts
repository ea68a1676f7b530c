/**
 * The feeds' own thread: it verifies, expands and applies what headquarters sends, however much it
 * is, and no till waits for it. The only writer of feeds.db. Only wiring is here, and what to do about
 * a file that is damaged or a disk that is full.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { KEY_TYPE_COSIGNATURE } from '../../protocol/log/verifier-key.ts';
import { createNoteSigner } from '../../protocol/log/note.ts';
import { parseFeedOrigin } from '../../protocol/feed/feed-origin.ts';
import type { FeedName } from '../../protocol/feed/feed-origin.ts';
import { must } from '../../protocol/must.ts';
import { readEd25519KeyFile } from '../../platform/keys/ed25519-key-file.ts';
import { systemSchedule } from '../../platform/schedule.ts';
import { standBack } from '../../platform/thread-priority.ts';
import { systemClock } from '../../platform/system-clock.ts';
import { FeedDatabase } from '../../platform/feeds/feed-database.ts';
import { isFeedDamage, isFeedDiskFull, setFeedsAside } from '../../platform/feeds/feed-file.ts';
import type { FeedReport } from '../../platform/feeds/feed-intake.ts';
import type { FromHq } from '../uplink/feed-relay.ts';
import { SHOWN_COLLECTIONS, newsOf, reloadOf } from './feed-news.ts';
import { FeedReceiver } from './feed-receiver.ts';
import type { FeedsWorkerData, FromFeeds, ToFeeds } from './feeds-messages.ts';

/** Status goes to the main thread at most this often. */
const STATUS_INTERVAL_MS = 250;
const TICK_MS = 10_000;
/** Between two slices of what nobody reads any more: it is in no hurry. */
const SWEEP_MS = 50;

const main = must(parentPort, 'the feeds run as a worker');
standBack(() => undefined);
const data = workerData as FeedsWorkerData;
const privateKey = readEd25519KeyFile(data.logKeyFile);
let database = opened();
let receiver = receiverOf(database);
let link: { origin: string; hqKeys: readonly string[] } | undefined;
let statusDue = false;
let isSweeping = false;

function send(message: FromFeeds): void {
  main.postMessage(message);
}

/** What cannot be read is set aside; headquarters sends all of it again. */
function opened(): FeedDatabase {
  try {
    return new FeedDatabase(data.feedsFile);
  } catch (error) {
    if (!isFeedDamage(error)) throw error;
    setAside(error);
    return new FeedDatabase(data.feedsFile);
  }
}

function setAside(error: unknown): void {
  const aside = setFeedsAside(data.feedsFile, systemClock.wallMs());
  const reason = error instanceof Error ? error.message : String(error);
  const message = `The copy of the feeds is damaged (${reason}); it was set aside as ${aside} and is fetched again.`;
  send({ type: 'setAside', message });
}

function receiverOf(kept: FeedDatabase): FeedReceiver {
  const { chain, store, port } = data;
  return new FeedReceiver({
    ...{ database: kept, chain, store, clock: systemClock, schedule: systemSchedule, guarded },
    signerOf: (name) => createNoteSigner({ name, type: KEY_TYPE_COSIGNATURE, privateKey }),
    send: (type, payload) => port.postMessage({ type, payload }),
    onApplied: applied,
    onRefused: (_reason, message) => send({ type: 'refused', message }),
    onSnapshotRefused: (message) => send({ type: 'snapshotRefused', message }),
  });
}

function applied({ scope }: FeedName, report: FeedReport): void {
  const row = database.feeds().find(({ place, state }) => place === scope && state === 'active');
  if (row === undefined) return;
  const { generation, origin, forceSize: size } = row;
  const at = new Date(systemClock.wallMs()).toISOString();
  const about = { feed: { scope, origin, size }, at };
  const documents = database.documentsOf(generation);
  // Another feed came in force as a whole.
  const isWhole = report.applied.length === 0 && report.quarantined.length === 0;
  const news = isWhole
    ? reloadOf(SHOWN_COLLECTIONS, about)
    : newsOf(report.applied, about, (collection, id) => documents.document(collection, id));
  send({ type: 'applied', news, quarantined: report.quarantined.length });
  sweepSoon();
  reportSoon();
}

/** Runs what touches the file; damage is healed, and a full disk costs a resend. */
function guarded(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (isFeedDiskFull(error)) {
      send({ type: 'refused', message: 'The disk is full: the feeds wait until there is room.' });
      return;
    }
    if (!isFeedDamage(error)) throw error;
    receiver.close();
    database.close();
    setAside(error);
    database = new FeedDatabase(data.feedsFile);
    receiver = receiverOf(database);
    if (link !== undefined) receiver.opened(link);
  }
  reportSoon();
}

function sweepSoon(): void {
  if (isSweeping) return;
  isSweeping = true;
  const step = (): void => {
    guarded(() => {
      isSweeping = database.sweep();
    });
    if (isSweeping) setTimeout(step, SWEEP_MS);
  };
  setTimeout(step, SWEEP_MS);
}

function reportSoon(): void {
  if (statusDue) return;
  statusDue = true;
  setTimeout(() => {
    statusDue = false;
    send({ type: 'status', status: receiver.status() });
  }, STATUS_INTERVAL_MS).unref();
}

data.port.on('message', (message: FromHq) => {
  guarded(() => {
    switch (message.type) {
      case 'opened':
        link = message;
        receiver.opened(message);
        return;
      case 'lost':
        link = undefined;
        receiver.lost();
        return;
      case 'message':
        receiver.receive(message.payload);
    }
  });
});

const ticking = setInterval(() => receiver.tick(), TICK_MS);

const CLOSING: ReadonlySet<string> = new Set<ToFeeds['type']>(['close']);

main.on('message', (message: ToFeeds) => {
  if (!CLOSING.has(message.type)) return;
  clearInterval(ticking);
  data.port.close();
  receiver.close();
  database.close();
  send({ type: 'closed' });
  main.close();
});

guarded(() => {
  for (const { place, report } of database.retryUnread()) {
    const row = database.feeds().find((feed) => feed.place === place && feed.state === 'active');
    const name = row && parseFeedOrigin(row.origin);
    if (name !== undefined && report.applied.length > 0) applied(name, report);
  }
});
sweepSoon();
send({ type: 'status', status: receiver.status() });
