/**
 * Goal: what HQ shows unasked counts only as this gateway's own key signed it, and a later epoch is
 * told apart from a second copy's. Method: a lane over logs in memory.
 */
import t from 'tap';
import { cosign } from '../../protocol/log/cosignature.ts';
import { parseNote } from '../../protocol/log/note.ts';
import { assert } from '../../protocol/must.ts';
import { KEY_TYPE_COSIGNATURE } from '../../protocol/log/verifier-key.ts';
import {
  SampleLog,
  sampleKey,
  sampleSigner,
} from '../../protocol/replication/fixtures/sample-log.ts';
import type { ControlMessage } from '../../protocol/replication/messages.ts';
import type { HqConnection } from './hq-connection.ts';
import { HqEvidence } from './hq-evidence.ts';
import { LogLane } from './log-lane.ts';

const HQ = sampleSigner('hq.example.com/hq/durable', 31, KEY_TYPE_COSIGNATURE);
const LATER = 'e2-0a0b0c0d';
const told = { hqKeys: [HQ.vkey], nowMs: 0 };

function laneOf(log: SampleLog): LogLane {
  return new LogLane({
    log: {
      origin: log.origin,
      size: () => log.size,
      node: log.node,
      entries: () => [],
      blob: () => undefined,
    },
    privateKey: sampleKey(1),
    signedHeadFile: undefined,
    acknowledgedSize: 0,
    limits: { maxBytesPerSecond: 0, maxEntriesPerSecond: 0 },
    random: () => 0,
  });
}

type Made = { text?: string; keyByte?: number; epoch?: string };

function logOf(count: number, { text = 'entry', keyByte = 1, epoch = 'e1' }: Made = {}): SampleLog {
  const log = new SampleLog(`hq.example.com/acme/s0417/g1/${epoch}`, keyByte);
  log.appendMany(count, text);
  return log;
}

const control = (action: string, evidence: string): ControlMessage => ({
  ...{ type: 'control', origin: 'hq.example.com/acme/s0417/g1/e1', round: 0, action, evidence },
});

const cosigned = (log: SampleLog, size = log.size): string =>
  log.note(size) + cosign(parseNote(log.note(size)).text, HQ, 1_700_000_000);

void t.test('a fork counts by the own key alone, and only where the two differ', (t) => {
  const log = logOf(9);
  const lane = laneOf(log);
  const other = logOf(7, { text: 'other' });
  const event = lane.control(control('forked', other.note()), told);
  t.match(event, { type: 'forked', origin: log.origin, size: 7, note: other.note() });
  const nothing = {
    'a prefix of this log': log.note(4),
    'signed by another key': logOf(7, { text: 'other', keyByte: 2 }).note(),
    'of another log': logOf(7, { text: 'other', epoch: LATER }).note(),
    'longer than this log, so nobody can tell': logOf(10, { text: 'other' }).note(),
    'no note at all': 'garbage\n',
  };
  for (const [name, note] of Object.entries(nothing)) {
    t.equal(lane.control(control('forked', note), told), undefined, name);
  }
  t.equal(lane.control(control('later-action', other.note()), told), undefined);
  t.end();
});

void t.test('a later epoch counts with both signatures', (t) => {
  const log = logOf(9);
  const lane = laneOf(log);
  const later = logOf(3, { epoch: LATER });
  const note = cosigned(later);
  const by = { origin: later.origin, size: 3, note };
  const event = lane.control(control('superseded', note), told);
  t.same(event, { type: 'superseded', origin: log.origin, by, isLive: false });
  const strange = new SampleLog('hq.example.com/acme/s0417/g2/e2-0a0b0c0d');
  strange.appendMany(3);
  const nothing = {
    'without headquarters': later.note(),
    'without the own key': cosigned(logOf(3, { keyByte: 2, epoch: LATER })),
    'the same epoch': cosigned(logOf(9)),
    'another gateway': cosigned(strange),
    'no note at all': '\n',
  };
  for (const [name, evidence] of Object.entries(nothing)) {
    t.equal(lane.control(control('superseded', evidence), told), undefined, name);
  }
  t.end();
});

void t.test('once HQ has taken the log on, a later epoch is of a second copy', (t) => {
  const log = logOf(9);
  const lane = laneOf(log);
  const sent: string[] = [];
  const connection: HqConnection = { send: (type) => sent.push(type), close: () => undefined };
  const link = { connection, admission: '', now: () => 0 };
  lane.source.connected(0);
  const action = lane.source.next(0);
  assert(action.type === 'checkpoint', 'a round begins with a checkpoint');
  lane.perform(action, link);
  const signed = { size: 9, root: log.root(), timeSeconds: 1, note: cosigned(log) };
  const evidence = new HqEvidence({ hqHeadFile: '/nonexistent/hq-head', newestOrigin: log.origin });
  const events = lane.hear({ round: action.round, signed }, { link, evidence, ...told });
  t.match(events, [{ type: 'acknowledged' }]);
  const note = cosigned(logOf(3, { epoch: LATER }));
  t.match(lane.control(control('superseded', note), told), { isLive: true });
  t.end();
});
