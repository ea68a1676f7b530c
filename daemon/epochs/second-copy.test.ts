/**
 * Goal: people hear of a second copy once, also across restarts, and a gateway that went back is not
 * mistaken for one. Method: the real book in a folder.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { UplinkEvent } from '../uplink/uplink-status.ts';
import { tellOfSecondCopy } from './second-copy.ts';
import { TwinBook } from './twin-book.ts';

const folder = mkdtempSync(join(tmpdir(), 'tillgate-twins-'));
t.teardown(() => rmSync(folder, { recursive: true }));

const origin = 'hq.example.com/acme/s0417/g1/e1';
const later = 'hq.example.com/acme/s0417/g1/e2-0a0b0c0d';
const superseded = (isLive: boolean): UplinkEvent => ({
  ...{ type: 'superseded', origin, by: { origin: later, size: 3, note: 'n\n' }, isLive },
});

function listener(path: string): {
  raised: string[];
  fetched: string[];
  tell: (event: UplinkEvent) => boolean;
} {
  const twins = new TwinBook(path);
  const raised: string[] = [];
  const fetched: string[] = [];
  const fetch = (wanted: string): void => void fetched.push(wanted);
  const alarms = { raise: (_code: string, message: string) => raised.push(message) > 0 };
  const tell = (event: UplinkEvent): boolean => tellOfSecondCopy(event, { twins, alarms, fetch });
  return { raised, fetched, tell };
}

void t.test('a contradiction is told once, the next one again', (t) => {
  const path = join(folder, 'forks.json');
  const fork = (note: string): UplinkEvent => ({ type: 'forked', origin, size: 7, note });
  const { raised, tell } = listener(path);
  t.equal(tell(fork('one\n')), true);
  tell(fork('one\n'));
  t.match(raised, [/two histories, within its first 7 entries/]);
  t.equal(raised.length, 1);
  const restarted = listener(path);
  restarted.tell(fork('one\n'));
  t.same(restarted.raised, [], 'a reminder is not news');
  restarted.tell(fork('two\n'));
  t.equal(restarted.raised.length, 1);
  t.end();
});

void t.test('a later epoch is the roll-back of this gateway, or another copy’s', (t) => {
  const path = join(folder, 'later.json');
  const { raised, fetched, tell } = listener(path);
  t.equal(tell(superseded(false)), false, 'the epochs are told');
  t.same([raised, fetched], [[], []]);
  t.equal(tell(superseded(true)), true);
  t.match(raised, [/began .*e2-0a0b0c0d.*Find the other copy/]);
  t.same(fetched, [later], 'what the other copy did is wanted here');
  const restarted = listener(path);
  t.equal(restarted.tell(superseded(false)), true, 'after a restart it is known');
  t.same([restarted.raised, restarted.fetched], [[], [later]]);
  t.equal(tell({ type: 'problem', message: 'x' }), false);
  t.end();
});

void t.test('a file that is not ours, or cannot be written, is no reason to stop', (t) => {
  const path = join(folder, 'spoilt.json');
  writeFileSync(path, '{"half');
  const { raised, tell } = listener(path);
  tell(superseded(true));
  t.equal(raised.length, 1);
  const nowhere = listener(join(folder, 'missing', 'twins.json'));
  nowhere.tell(superseded(true));
  nowhere.tell(superseded(true));
  t.equal(nowhere.raised.length, 1, 'known for as long as the process runs');
  t.end();
});

void t.test('the book keeps the newest', (t) => {
  const path = join(folder, 'many.json');
  const book = new TwinBook(path);
  for (let at = 0; at < 70; at++) book.learn(`note ${at}`);
  const again = new TwinBook(path);
  t.equal(again.knows('note 69'), true);
  t.equal(again.knows('note 6'), true);
  t.equal(again.knows('note 5'), false);
  t.end();
});
