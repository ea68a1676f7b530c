/**
 * Goal: a log that is not the one its heads say is never extended; any other start changes nothing.
 * Method: real ledger files, brought into each bad state by copying, cutting and editing.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { randomBytes, randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { decodeEntry } from '../../protocol/log/entry.ts';
import { createNoteSigner, verifyNote } from '../../protocol/log/note.ts';
import { parseCheckpoint } from '../../protocol/log/checkpoint.ts';
import { KEY_TYPE_ED25519 } from '../../protocol/log/verifier-key.ts';
import {
  sampleKey,
  SAMPLE_ORIGIN,
  sampleSigner,
} from '../../protocol/replication/fixtures/sample-log.ts';
import { systemClock } from '../../platform/system-clock.ts';
import { ledgerIn } from '../ledger/ledger-access.ts';
import { LedgerCore } from '../ledger/ledger-core.ts';
import { openLedgerReader } from '../ledger/reader.ts';
import { LEDGER_FILE } from '../ledger/sqlite-schema.ts';
import { SqliteStore } from '../ledger/sqlite-store.ts';
import { HeadSigner } from '../signing/head-signer.ts';
import { CarryList } from './carry-list.ts';
import { ensureEpoch, type EnsuredEpoch } from './ensure-epoch.ts';

class Home {
  readonly folder = mkdtempSync(join(tmpdir(), 'tillgate-epochs-'));
  readonly dataDir = join(this.folder, 'data');
  readonly signedHeadFile = join(this.folder, 'signed-head');
  readonly hqHeadFile = join(this.folder, 'hq-head');

  constructor() {
    mkdirSync(this.dataDir);
  }

  append(count: number, text = 'note'): void {
    const store = new SqliteStore(join(this.dataDir, LEDGER_FILE));
    const core = new LedgerCore(store, {
      ...{ clock: systemClock, bootId: 'boot', clockSource: 'system', randomBytes },
      origin: SAMPLE_ORIGIN,
    });
    for (let i = 0; i < count; i++) {
      core.run([{ type: 'append', kind: 'note', members: { text: `${text} ${i}` } }]);
    }
    core.close();
  }

  /** Signs what is there; `byte` chooses the key. */
  sign(byte = 1): string {
    const log = openLedgerReader(this.dataDir);
    const name = log.origin;
    const signer = createNoteSigner({ name, type: KEY_TYPE_ED25519, privateKey: sampleKey(byte) });
    const { note } = new HeadSigner({ log, signer, signedHeadFile: this.signedHeadFile }).signTip();
    log.close();
    return note;
  }

  backup(): string {
    const copy = mkdtempSync(join(tmpdir(), 'tillgate-backup-'));
    cpSync(this.dataDir, copy, { recursive: true });
    return copy;
  }

  restore(copy: string): void {
    rmSync(this.dataDir, { recursive: true });
    cpSync(copy, this.dataDir, { recursive: true });
  }

  start(byte = 1): EnsuredEpoch {
    const { dataDir, signedHeadFile, hqHeadFile } = this;
    return ensureEpoch({
      ...{ ledger: ledgerIn(dataDir), list: new CarryList(dataDir), signedHeadFile, hqHeadFile },
      ...{ firstOrigin: SAMPLE_ORIGIN, privateKey: sampleKey(byte), clock: systemClock },
      ...{ randomBytes, bootId: randomUUID() },
    });
  }

  epochEntry(): Record<string, unknown> {
    const reader = openLedgerReader(this.dataDir);
    const leaf = reader.entry(0) ?? new Uint8Array(0);
    reader.close();
    return decodeEntry(leaf).header;
  }

  close(): void {
    rmSync(this.folder, { recursive: true });
  }
}

void t.test('a log that continues its heads goes on', (t) => {
  const home = new Home();
  t.match(home.start(), { origin: SAMPLE_ORIGIN, opened: undefined }, 'a new home');
  home.append(3);
  home.sign();
  home.append(2);
  t.match(home.start(), { origin: SAMPLE_ORIGIN, opened: undefined, problems: [] });
  home.close();
  t.end();
});

void t.test('a log shorter than its signed head gets a new epoch, once', (t) => {
  const home = new Home();
  home.append(3);
  const backup = home.backup();
  home.append(4);
  const signed = home.sign();
  home.restore(backup);
  const { opened } = home.start();
  t.match(opened, { reason: 'rolledBack', prevOrigin: SAMPLE_ORIGIN, prevSize: 4 });
  const entry = home.epochEntry();
  t.match(entry, { kind: 'epoch', index: 0, prevOrigin: SAMPLE_ORIGIN, prevSize: 4 });
  t.match(entry, { reason: 'rolledBack', evidence: signed, origin: /\/e2-[0-9a-f]{8}$/ });
  const { text } = verifyNote(String(entry['prevNote']), [sampleSigner(SAMPLE_ORIGIN).vkey]);
  t.match(parseCheckpoint(text), { origin: SAMPLE_ORIGIN, size: 4 });
  t.match(home.start(), { origin: opened?.origin, opened: undefined }, 'the next start goes on');
  home.close();
  t.end();
});

void t.test('a log that HQ holds more of gets a new epoch', (t) => {
  const home = new Home();
  home.append(3);
  const backup = home.backup();
  home.append(4);
  writeFileSync(home.hqHeadFile, home.sign());
  home.restore(backup);
  rmSync(home.signedHeadFile);
  t.match(home.start().opened, { reason: 'behindHq', prevSize: 4 });
  home.close();
  t.end();
});

void t.test('another history below the same head is a fork', (t) => {
  const home = new Home();
  home.append(1);
  const backup = home.backup();
  home.append(3);
  home.sign();
  home.restore(backup);
  home.append(3, 'other');
  t.match(home.start().opened, { reason: 'fork', prevSize: 5 });
  home.close();
  t.end();
});

void t.test('a lost ledger is followed by the next epoch, not begun anew', (t) => {
  const home = new Home();
  home.append(3);
  const signed = home.sign();
  rmSync(home.dataDir, { recursive: true });
  mkdirSync(home.dataDir);
  const { origin, opened } = home.start();
  t.match(opened, { reason: 'ledgerLost', prevOrigin: SAMPLE_ORIGIN, prevSize: 0 });
  t.match(origin, /\/e2-[0-9a-f]{8}$/);
  t.match(home.epochEntry(), { kind: 'epoch', reason: 'ledgerLost', evidence: signed });
  t.match(home.start(), { origin, opened: undefined });
  home.close();
  t.end();
});

void t.test('another key never signs on in the same log', (t) => {
  const home = new Home();
  home.append(2);
  home.sign();
  t.match(home.start(2).opened, { reason: 'keyChanged', prevSize: 3 });
  t.equal(home.epochEntry()['prevNote'], undefined, 'the old key is not there to sign');
  home.close();
  t.end();
});

void t.test('a stored head that cannot be read is passed over and named', (t) => {
  const home = new Home();
  home.append(2);
  writeFileSync(home.signedHeadFile, 'garbage');
  writeFileSync(home.hqHeadFile, '');
  const { opened, problems } = home.start();
  t.equal(opened, undefined);
  t.equal(problems.length, 2);
  t.match(problems[0], /signed-head holds no signed checkpoint/);
  home.close();
  t.end();
});

void t.test('a first start that was cut off begins again', (t) => {
  const home = new Home();
  new SqliteStore(join(home.dataDir, LEDGER_FILE)).close();
  t.match(home.start(), { origin: SAMPLE_ORIGIN, opened: undefined });
  home.append(1);
  t.match(home.start(), { origin: SAMPLE_ORIGIN, opened: undefined });
  home.close();
  t.end();
});
