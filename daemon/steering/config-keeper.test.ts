/**
 * Goal: whichever side changed a key, and whatever was killed in between, the file says what stands,
 * the log says who, when and why, each once; a lock holds, and no clock wins for ever. The ledger is a
 * real one; what headquarters says is handed in.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import type { GatewayConfig } from '../../config/gateway-schema.ts';
import { gatewayPaths } from '../../config/paths.ts';
import { must } from '../../protocol/must.ts';
import type { Json } from '../../protocol/json/json-value.ts';
import { decodeEntry } from '../../protocol/log/entry.ts';
import { formatHlc } from '../../protocol/log/hlc.ts';
import { openLedgerInProcess } from '../ledger/ledger-client.ts';
import type { LedgerClient } from '../ledger/ledger-client.ts';
import { openLedgerReader } from '../ledger/reader.ts';
import type { ConfigKeeper } from './config-keeper.ts';
import { configDifferences, configHistory, configStatus } from './config-view.ts';
import type { HqWords, Placed } from './hq-words.ts';
import { openConfig } from './open-config.ts';

const ORIGIN = 'shop.example/acme/s0417/g1/e1';
const FEED = 'shop.example/acme/hq/hq/e1-0f1e2d3c';
const KEY = 'uplink.maxBytesPerSecond';
const NOW = 1_800_000_000_000;
const FILE = `# The store in the High Street
chain: acme
store: s0417
gateway: g1
uplink:
  maxBytesPerSecond: 1 # as slow as it gets
log:
  level: info
`;

const at = (ms: number): string => formatHlc({ wallMs: NOW + ms, counter: 0 });

function word(key: string, value: Json, more: object = {}): Placed<'config'> {
  const document = { key, value, hlc: at(0), ...more };
  return { document, origin: FEED, entry: 4, scope: 'store', rank: 2 };
}

const words = (...config: Placed<'config'>[]): HqWords => {
  return { scopes: ['chain', 'store'], config, devices: [], roles: [], commands: [] };
};

class Lab {
  readonly paths = gatewayPaths(mkdtempSync(join(tmpdir(), 'config-keeper-')));
  nowMs = NOW;
  config: GatewayConfig | undefined;
  fails = false;
  ledger: LedgerClient | undefined;
  #stop: (() => Promise<void>) | undefined;

  constructor(t: Test) {
    writeFileSync(this.paths.configFile, FILE);
    t.teardown(async () => {
      await this.stop();
      rmSync(join(this.paths.dataDir, '..'), { recursive: true });
    });
  }

  start(): ConfigKeeper {
    const { dataDir } = this.paths;
    const clock = { wallMs: () => this.nowMs, monotonicMs: () => 0 };
    const ledger = openLedgerInProcess({
      ...{ dataDir, origin: ORIGIN, clock },
      onFatal: (error) => {
        throw error;
      },
    });
    this.ledger = ledger;
    const reader = openLedgerReader(dataDir);
    this.#stop = async () => {
      reader.close();
      await ledger.close();
    };
    return openConfig({
      ...{ paths: this.paths, clock, reader, config: { store: 's0417', gateway: 'g1' } },
      ledger: {
        tip: ledger.tip,
        append: (command) => {
          if (this.fails) throw new Error('killed');
          return ledger.append(command);
        },
      },
      onChange: (config) => {
        this.config = config;
      },
    });
  }

  async stop(): Promise<void> {
    await this.#stop?.();
    this.#stop = undefined;
  }

  async restart(): Promise<ConfigKeeper> {
    await this.stop();
    return this.start();
  }

  get file(): string {
    return readFileSync(this.paths.configFile, 'utf8');
  }

  edit(from: string | RegExp, to: string): void {
    writeFileSync(this.paths.configFile, this.file.replace(from, to));
  }

  /** Members of the entries of a kind, in order. */
  entries(kind: string): Record<string, unknown>[] {
    const reader = openLedgerReader(this.paths.dataDir);
    const all = [...reader.entries(0, reader.size())].map(({ leaf }) => decodeEntry(leaf).header);
    reader.close();
    return all.filter((header) => header.kind === kind);
  }
}

void t.test('a word of headquarters is written, live, on record, and only once', async (t) => {
  const lab = new Lab(t);
  let keeper = lab.start();
  await keeper.follow(undefined);
  t.strictSame(lab.entries('config'), [], 'a file as it is found is nobody’s change');
  const said = words(word('log.level', 'warn'), word(KEY, 5_000));
  await keeper.follow(said);
  await keeper.follow(said);
  t.match(lab.file, /maxBytesPerSecond: 5000 # as slow as it gets/, 'comments stay');
  t.match(lab.config, { log: { level: 'warn' }, uplink: { maxBytesPerSecond: 5_000 } });
  keeper = await lab.restart();
  await keeper.follow(said);
  t.match(lab.entries('config'), [
    { action: 'published', key: 'log.level', before: 'info', value: 'warn', restart: false },
    { action: 'published', key: KEY, before: 1, value: 5_000, stands: true, restart: true },
  ]);
  t.equal(lab.entries('config').length, 2);
  t.strictSame(lab.entries('conflict'), []);
  await keeper.follow(words(word('log.level', 'warn'), word(KEY, null, { hlc: at(1) })));
  t.notMatch(lab.file, /maxBytesPerSecond/, 'null is the default again');
  await keeper.follow(words(word('log.level', 'warn'), word(KEY, 5_000, { hlc: at(2) })));
  const config = must(lab.config, 'it changed');
  const started = { ...config, uplink: { ...config.uplink, maxBytesPerSecond: 1 } };
  const status = configStatus(keeper, started);
  t.ok(status.restartNeeded.includes(KEY));
  t.notOk(status.restartNeeded.includes('log.level'));
});

void t.test('the store’s word stands before the chain’s, and taken back it stays', async (t) => {
  const lab = new Lab(t);
  const keeper = lab.start();
  const chain = { ...word(KEY, 10, { hlc: at(900), locked: true }), rank: 0 };
  await keeper.follow(words(chain, word(KEY, 20, { hlc: at(1) })));
  t.match(lab.file, /maxBytesPerSecond: 20 /);
  await keeper.follow(words(chain));
  t.match(lab.file, /maxBytesPerSecond: 10 /);
  await t.rejects(keeper.set({ key: KEY, text: '30' }), { code: 'CONFIG_LOCKED' });
  await keeper.follow({ ...words(), scopes: ['store'] });
  await t.rejects(keeper.set({ key: KEY, text: '30' }), { code: 'CONFIG_LOCKED' }, 'no feed yet');
  await keeper.follow(words());
  t.match(lab.file, /maxBytesPerSecond: 10 /);
  await keeper.set({ key: KEY, text: '30' });
  t.match(lab.file, /maxBytesPerSecond: 30 /);
  const actions = lab.entries('config').map(({ action }) => action);
  t.strictSame(actions, ['published', 'published', 'withdrawn', 'set']);
});

void t.test('changes that crossed are one conflict, and the later stands', async (t) => {
  const lab = new Lab(t);
  let keeper = lab.start();
  lab.nowMs = NOW + 1_000;
  await keeper.set({ key: KEY, text: '7' });
  // Headquarters spoke before it, and after it without knowing.
  await keeper.follow(words(word(KEY, 8)));
  t.match(lab.file, /maxBytesPerSecond: 7 /);
  keeper = await lab.restart();
  await keeper.follow(words(word(KEY, 8)));
  await keeper.follow(words(word(KEY, 9, { hlc: at(2_000) })));
  t.match(lab.file, /maxBytesPerSecond: 9 /);
  await keeper.follow(words(word(KEY, 10, { hlc: at(3_000) })));
  t.match(lab.entries('conflict'), [
    {
      ...{ rule: 'configLater', winner: 1, datum: `config:s0417/g1/${KEY}` },
      sides: [
        { origin: FEED, index: 4, says: '8' },
        { origin: ORIGIN, index: 1, says: '7' },
      ],
    },
    { rule: 'configLater', winner: 0 },
  ]);
  t.equal(lab.entries('conflict').length, 2, 'each meeting once, and none where all was known');
  const lost = word('log.level', 'debug', { hlc: at(10), locked: true });
  await keeper.set({ key: 'log.level', text: 'error' });
  await keeper.follow(words(word(KEY, 10, { hlc: at(3_000) }), lost));
  t.match(lab.entries('conflict').at(-1), { rule: 'configLocked', winner: 0 });
  t.match(lab.file, /level: debug/);
});

void t.test('a change that headquarters held when it spoke did not cross', async (t) => {
  const lab = new Lab(t);
  const keeper = lab.start();
  await keeper.set({ key: KEY, text: '7' });
  const members = { size: 2, timeSeconds: NOW / 1_000 + 5 };
  await lab.ledger?.append({ type: 'append', kind: 'anchor', members });
  await keeper.follow(words(word(KEY, 8, { hlc: at(6_000) })));
  t.match(lab.file, /maxBytesPerSecond: 8 /);
  t.strictSame(lab.entries('conflict'), []);
});

void t.test(
  'what was changed by hand is a technician’s change, and a lock undoes it',
  async (t) => {
    const lab = new Lab(t);
    let keeper = lab.start();
    await keeper.follow(words(word('log.level', 'warn', { locked: true })));
    await lab.stop();
    lab.edit('maxBytesPerSecond: 1', 'maxBytesPerSecond: 3');
    lab.edit('level: warn', 'level: trace');
    keeper = lab.start();
    await keeper.follow(words(word('log.level', 'warn', { locked: true })));
    t.match(lab.file, /maxBytesPerSecond: 3 /);
    t.match(lab.file, /level: warn/);
    t.match(lab.entries('config').slice(1), [
      { action: 'edited', key: 'log.level', value: 'trace', stands: false, rule: 'configLocked' },
      { action: 'edited', key: KEY, before: 1, value: 3, stands: true, side: 'technician' },
    ]);
    lab.edit('maxBytesPerSecond: 3', 'maxBytesPerSecond: three');
    await keeper.follow(undefined);
    t.match(keeper.problem, /CONFIG_VALUE/);
    t.match(lab.config, { log: { level: 'warn' } }, 'what counted goes on');
    lab.edit('maxBytesPerSecond: three', 'maxBytesPerSecond: 4');
    await keeper.follow(undefined);
    t.equal(keeper.problem, null);
    t.match(lab.config, { uplink: { maxBytesPerSecond: 4 } }, 'and a good one counts at once');
    t.equal(lab.entries('config').length, 4);
  },
);

void t.test('what cannot be followed is on record once, and what was stays', async (t) => {
  const lab = new Lab(t);
  const keeper = lab.start();
  const said = words(
    word('uplink.maxBytes', 5),
    word(KEY, 'fast', { locked: true }),
    word('mqtt.port', 1),
    word('timeZone', 'Mars/Olympus'),
  );
  await keeper.follow(said);
  await keeper.follow(said);
  t.equal(lab.file, FILE);
  const refused = lab.entries('config').map(({ action, key, code }) => ({ action, key, code }));
  t.strictSame(refused, [
    { action: 'refused', key: 'uplink.maxBytes', code: 'CONFIG_UNKNOWN_KEY' },
    { action: 'refused', key: KEY, code: 'CONFIG_VALUE' },
    { action: 'refused', key: 'mqtt.port', code: 'CONFIG_LOCAL' },
    { action: 'refused', key: 'timeZone', code: 'CONFIG_INVALID' },
  ]);
  const { refused: shown, locked } = configStatus(keeper, undefined);
  t.strictSame(locked, [], 'a lock with a wrong value locks nothing');
  t.equal(shown.length, 4);
  await keeper.set({ key: KEY, text: '6' });
  await keeper.follow(words(word(KEY, 5, { hlc: at(1) })));
  t.strictSame(configStatus(keeper, undefined).refused, []);
});

void t.test('a clock of 2099 wins once, on either side', async (t) => {
  const lab = new Lab(t);
  const keeper = lab.start();
  const far = formatHlc({ wallMs: Date.UTC(2099, 0), counter: 0 });
  await keeper.follow(words(word(KEY, 5, { hlc: far })));
  t.match(lab.entries('config').at(-1), { said: at(0), clampedFrom: far, stands: true });
  t.strictSame(configStatus(keeper, undefined).clamped, [KEY]);
  lab.nowMs += 1_000;
  await keeper.set({ key: KEY, text: '6' });
  // Headquarters has put its clock right, and it is a little behind ours.
  await keeper.follow(words(word(KEY, 7, { hlc: at(1_500) })));
  t.match(lab.file, /maxBytesPerSecond: 7 /);
  lab.nowMs = Date.UTC(2099, 0);
  await keeper.set({ key: KEY, text: '8' });
  lab.nowMs = NOW + 3_000;
  await keeper.follow(words(word(KEY, 9, { hlc: at(3_500) })));
  t.match(lab.file, /maxBytesPerSecond: 9 /);
  t.ok(
    lab.entries('config').some(({ action, side }) => action === 'clamped' && side === 'technician'),
  );
});

void t.test('history, differences, and the way back', async (t) => {
  const lab = new Lab(t);
  const keeper = lab.start();
  await keeper.follow(undefined);
  await t.rejects(keeper.revert({ key: KEY }), { code: 'CONFIG_NO_HISTORY' });
  await keeper.set({ key: KEY, text: '2' });
  await keeper.follow(words(word(KEY, 3, { hlc: at(10) })));
  await keeper.revert({ key: KEY });
  t.match(lab.file, /maxBytesPerSecond: 2 /);
  await keeper.set({ key: KEY, text: '5' });
  const history = configHistory(keeper, { key: KEY, limit: 10 });
  t.match(history, [
    { action: 'set', value: 5, before: 2 },
    { action: 'reverted', value: 2, before: 3 },
    { action: 'published', value: 3, before: 2, side: 'headquarters' },
    { action: 'set', value: 2, before: 1, index: 1 },
  ]);
  await keeper.revert({ key: KEY, to: history[2]?.index });
  t.match(lab.file, /maxBytesPerSecond: 3 /);
  await t.rejects(keeper.revert({ key: KEY, to: 0 }), { code: 'CONFIG_NO_HISTORY' });
  await keeper.set({ key: 'roles.guest.subscribe', text: '[gateway/status]' });
  const different = configDifferences(keeper, {}).map(({ key }) => key);
  t.ok(different.includes(KEY) && different.includes('roles.guest.subscribe'));
  t.notOk(different.includes('log.level'), 'as by default');
  t.notOk(different.some((key) => /^(roles.till|chain)/.test(key)));
});

void t.test('a crash between the file and the log changes nothing', async (t) => {
  const lab = new Lab(t);
  let keeper = lab.start();
  await keeper.follow(undefined);
  lab.fails = true;
  await t.rejects(keeper.follow(words(word(KEY, 5_000))));
  t.match(lab.file, /maxBytesPerSecond: 5000/);
  lab.fails = false;
  keeper = await lab.restart();
  await keeper.follow(words(word(KEY, 5_000)));
  t.match(lab.entries('config'), [{ action: 'published', side: 'headquarters', value: 5_000 }]);
  t.equal(lab.entries('config').length, 1);
});
