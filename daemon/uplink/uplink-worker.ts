/**
 * The uplink's own thread: it reads the ledger through a connection of its own, and packs, signs
 * and talks MQTT without ever delaying the thread that answers tills. Only wiring is here.
 */
import { randomInt } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { must } from '../../protocol/must.ts';
import { readEd25519KeyFile } from '../../platform/keys/ed25519-key-file.ts';
import { systemSchedule } from '../../platform/schedule.ts';
import { systemClock } from '../../platform/system-clock.ts';
import { openLedgerReader } from '../ledger/reader.ts';
import { SteadySigning } from '../signing/steady-signing.ts';
import { earlierEpochs } from './earlier-epochs.ts';
import { withFeeds } from './feed-relay.ts';
import { connectToHq } from './hq-connection.ts';
import { Uplink } from './uplink.ts';
import type { FromUplink, ToUplink, UplinkWorkerData } from './uplink-messages.ts';

/** Status goes to the main thread at most this often. */
const STATUS_INTERVAL_MS = 200;

const port = must(parentPort, 'the uplink runs as a worker');
const data = workerData as UplinkWorkerData;
const ledger = openLedgerReader(data.dataDir);

let statusDue = false;
let lastStatus = '';

const send = (message: FromUplink): void => {
  port.postMessage(message);
};

const uplink = new Uplink({
  log: ledger,
  earlierLogs: earlierEpochs(ledger).map(({ epoch }) => ledger.ofEpoch(epoch)),
  privateKey: readEd25519KeyFile(data.logKeyFile),
  signedHeadFile: data.signedHeadFile,
  hqHeadFile: data.hqHeadFile,
  enrolment: data.enrolment,
  limits: data.limits,
  clock: systemClock,
  random: () => randomInt(2 ** 40) / 2 ** 40,
  connect: data.feedsPort === undefined ? connectToHq : withFeeds(connectToHq, data.feedsPort),
  schedule: systemSchedule,
  onEvent: (event) => {
    send({ type: 'event', event });
  },
  onChange: reportSoon,
});

const steady = new SteadySigning({
  schedule: systemSchedule,
  sign: () => uplink.signTip() !== undefined,
});

port.on('message', (message: ToUplink) => {
  switch (message.type) {
    case 'committed':
      uplink.committed(message.size);
      steady.grew();
      reportSoon();
      return;
    case 'epoch':
      uplink.beginEpoch(ledger.ofEpoch(message.epoch));
      return;
    case 'returned': {
      const place = earlierEpochs(ledger).find(({ origin }) => origin === message.origin);
      if (place !== undefined) uplink.offer(ledger.ofEpoch(place.epoch));
      return;
    }
    case 'enrol':
      uplink.enrol(message.enrolment);
      return;
    case 'sign':
      send({ type: 'signed', id: message.id, note: uplink.signTip()?.note });
      return;
    case 'fetch':
      uplink.fetch(message.request, (result) => {
        send({ type: 'fetched', id: message.id, result });
      });
      return;
    case 'close':
      steady.close();
      uplink.signTip();
      uplink.close();
      ledger.close();
      data.feedsPort?.close();
      send({ type: 'closed' });
      port.close();
  }
});

uplink.signTip();
uplink.start();
report();

function reportSoon(): void {
  if (statusDue) return;
  statusDue = true;
  setTimeout(report, STATUS_INTERVAL_MS).unref();
}

function report(): void {
  statusDue = false;
  const status = uplink.status();
  const text = JSON.stringify(status);
  if (text === lastStatus) return;
  lastStatus = text;
  send({ type: 'status', status });
}
