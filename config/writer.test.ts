import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { commentedYaml } from './commented-yaml.ts';
import { GATEWAY_CONFIG } from './gateway-schema.ts';
import { HQ_CONFIG } from './hq-schema.ts';
import { readConfig } from './loader.ts';
import { setConfigValue } from './writer.ts';

const TEXT = `# Ours, do not lose.
chain: acme # the chain
store: s0417
gateway: g1

mqtt:
  # Loopback only.
  port: 1883 # default
`;

function fileWith(t: Test, text = TEXT): string {
  const file = join(t.testdir(), 'config.yaml');
  writeFileSync(file, text);
  chmodSync(file, 0o640);
  return file;
}

const set = (file: string, key: string, text: string) =>
  setConfigValue(GATEWAY_CONFIG, file, { key, text });

function refusalOf(change: () => unknown): unknown {
  try {
    return change();
  } catch (error) {
    return error;
  }
}

void t.test('one value changes; comments, order and mode stay', (t) => {
  const file = fileWith(t);
  t.match(set(file, 'mqtt.port', '0'), { key: 'mqtt.port', value: 0, restart: true });
  t.equal(readFileSync(file, 'utf8'), TEXT.replace('1883', '0'));
  t.equal(statSync(file).mode & 0o777, 0o640);
  t.end();
});

void t.test('a key that is not there yet is added in its group', (t) => {
  const file = fileWith(t);
  t.match(set(file, 'log.level', 'debug'), { restart: false });
  set(file, 'mqtt.webSocket.enabled', 'true');
  set(file, 'roles.till.subscribe', '[gateway/status, "feeds/#"]');
  const text = readFileSync(file, 'utf8');
  t.match(text, '# Ours, do not lose.');
  t.match(text, 'log:\n  level: debug\n');
  t.match(text, '  webSocket:\n    enabled: true\n');
  t.match(text, '- feeds/#');
  t.end();
});

void t.test('text keys take words as they are', (t) => {
  const file = fileWith(t);
  t.match(set(file, 'country', 'NO'), { value: 'NO' });
  t.match(readFileSync(file, 'utf8'), /country: "?NO"?\n/);
  t.end();
});

void t.test('what is not allowed leaves the file as it was', (t) => {
  const file = fileWith(t);
  const refusals: [string, string, Record<string, unknown>][] = [
    ['mqtt.port', '70000', { code: 'CONFIG_INVALID', message: /mqtt\.port: got 70000, allowed/ }],
    ['mqtt.port', '[', { code: 'CONFIG_VALUE' }],
    ['mqtt.prot', '1', { code: 'CONFIG_UNKNOWN_KEY', hint: 'did you mean mqtt.port?' }],
    ['mqtt.tls.enabled', 'true', { code: 'CONFIG_INVALID', message: /certFile/ }],
    ['mqtt', '3', { code: 'CONFIG_INVALID' }],
    ['store', 's2', { code: 'CONFIG_VALUE', message: /decided by `tillgate init`/ }],
    ['version', '1', { code: 'CONFIG_VALUE' }],
    ['__proto__.x', '1', { code: 'CONFIG_UNKNOWN_KEY' }],
  ];
  for (const [key, text, error] of refusals) {
    t.match(
      refusalOf(() => set(file, key, text)),
      error,
      `${key} ${text}`,
    );
    t.equal(readFileSync(file, 'utf8'), TEXT);
  }
  t.strictSame(readdirSync(join(file, '..')), ['config.yaml']);
  t.end();
});

void t.test('a broken value can be mended by setting it', (t) => {
  const file = fileWith(t, TEXT.replace('1883', 'abc'));
  set(file, 'mqtt.port', '1883');
  t.equal(readFileSync(file, 'utf8'), TEXT);
  t.throws(() => set(fileWith(t, 'a: [\n'), 'mqtt.port', '1'), { code: 'CONFIG_INVALID' });
  t.end();
});

void t.test('a new file of each kind can be read at once, and its optional groups set', (t) => {
  const file = join(t.testdir(), 'hq.yaml');
  writeFileSync(file, commentedYaml(HQ_CONFIG.schema, {}));
  t.equal(readConfig(HQ_CONFIG, file).ok, true);
  const { config } = setConfigValue(HQ_CONFIG, file, {
    key: 'database.url',
    text: 'postgres://db/tillgate',
  });
  t.equal(config.database.url, 'postgres://db/tillgate');
  t.equal(readConfig(HQ_CONFIG, file).ok, true);
  t.end();
});
