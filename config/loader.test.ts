import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { commentedYaml } from './commented-yaml.ts';
import { DEFAULT_ROLES } from './default-roles.ts';
import { GATEWAY_CONFIG } from './gateway-schema.ts';
import { HQ_CONFIG } from './hq-schema.ts';
import { loadConfig, parseConfig, problemLine, readConfig } from './loader.ts';

const NAMES = 'chain: acme\nstore: s0417\ngateway: g1\n';

/** What the loader says of a text, one line a problem, without the file name. */
function problemsOf(text: string): string[] {
  const reading = parseConfig(GATEWAY_CONFIG, text, 'config.yaml');
  return reading.ok
    ? []
    : reading.problems.map((item) => problemLine(item).slice('config.yaml:'.length));
}

void t.test('what is not written has its default', (t) => {
  const reading = parseConfig(GATEWAY_CONFIG, NAMES, 'config.yaml');
  t.match(reading, {
    ok: true,
    config: {
      domain: 'tillgate.invalid',
      currency: 'EUR',
      mqtt: {
        host: '127.0.0.1',
        port: 1883,
        tls: { enabled: false },
        webSocket: { enabled: false },
      },
      http: { host: '127.0.0.1', port: 9180 },
      intake: { requireSignature: true },
      roles: DEFAULT_ROLES,
      log: { level: 'info' },
    },
  });
  t.end();
});

void t.test('a role of one’s own keeps its missing lists empty', (t) => {
  const text = `${NAMES}roles:\n  buddy:\n    subscribe: [gateway/status]\n`;
  const reading = parseConfig(GATEWAY_CONFIG, text, 'config.yaml');
  t.match(reading, { ok: true, config: { roles: { buddy: { publish: [] } } } });
  t.end();
});

void t.test('every problem is told, each at its place with what is allowed', (t) => {
  const text = [
    'chain: Acme',
    'store: 0417',
    'mqtt:',
    '  port: 70000',
    '  hots: x',
    'log: {level: loud}',
    'intake: 3',
    'roles:',
    '  till: {publish: [1], subscribe: nothing}',
    'timeZone: Europe/Nowhere',
    '',
  ].join('\n');
  const found = problemsOf(text);
  const id = 'lower-case letters, digits and -, up to 32, not starting with -';
  t.strictSame(found.slice(0, 4), [
    `1:1 chain: got "Acme", allowed: ${id} (CONFIG_VALUE)`,
    `2:1 store: got 417, allowed: ${id}, written in quotes (CONFIG_VALUE)`,
    '4:3 mqtt.port: got 70000, allowed: a whole number from 0 to 65535 (CONFIG_VALUE)',
    '5:3 mqtt.hots: no such key; did you mean host? All keys here: host, port, webSocket, tls (CONFIG_UNKNOWN_KEY)',
  ]);
  t.match(found[4], /^6:7 log\.level: got "loud", allowed: one of trace, debug/);
  t.equal(found[5], '7:1 intake: got 3, allowed: a group of keys (CONFIG_VALUE)');
  t.match(found[6], /^9:20 roles\.till\.publish\.0: got 1, allowed: a topic filter/);
  t.match(found[7], /^9:24 roles\.till\.subscribe: got "nothing", allowed: a list/);
  t.equal(found[8], `1:1 gateway: missing, allowed: ${id} (CONFIG_REQUIRED)`);
  t.match(found[9], /^10:1 timeZone: got "Europe\/Nowhere", allowed: a time zone/);
  t.equal(found.length, 10, 'a rule waits only until its own group is right');
  t.end();
});

void t.test('rules over more than one key are held too', (t) => {
  const found = problemsOf(
    `${NAMES}timeZone: Europe/Nowhere\nmqtt:\n  tls: {enabled: true}\nroles:\n  till: {publish: ["a/#/b"]}\n`,
  );
  t.match(found[0], /^4:1 timeZone: got "Europe\/Nowhere", allowed: a time zone/);
  t.match(found[1], /^6:3 mqtt\.tls\.certFile: missing, allowed: .*because mqtt\.tls\.enabled/);
  t.match(found[2], /^6:3 mqtt\.tls\.keyFile: missing/);
  t.match(found[3], /^7:1 roles: .*topic filters/);
  t.end();
});

void t.test('what is not YAML is told with its line; nothing is guessed', (t) => {
  t.match(problemsOf('chain: a\nchain: b\n'), [/^2:1 Map keys must be unique/]);
  t.match(problemsOf('chain: [a'), [/^1:\d+ .*\(CONFIG_SYNTAX\)$/]);
  t.match(problemsOf('- a\n- b\n'), [/^1:1 : got \["a","b"\], allowed: a group of keys/]);
  t.ok(problemsOf('').length > 0, 'an empty file lacks its names');
  t.end();
});

void t.test('names of JavaScript objects are no keys', (t) => {
  for (const key of ['__proto__', 'constructor', 'toString']) {
    t.match(problemsOf(`${NAMES}${key}: 1\n`), [/no such key/]);
    t.match(problemsOf(`${NAMES}mqtt: {${key}: 1}\n`), [/no such key/]);
  }
  t.end();
});

void t.test('aliases cannot blow a file up', (t) => {
  const text = 'a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n';
  t.match(problemsOf(text)[0], /^2:8 Aliases are not taken here \(\*a\)/);
  t.equal(problemsOf(text).length, 4);
  t.end();
});

void t.test('a newer file is refused, an older one would be migrated', (t) => {
  t.match(problemsOf(`version: 2\n${NAMES}`), [/^1:1 version: got 2, allowed: .*CONFIG_VERSION/]);
  const kind = {
    ...GATEWAY_CONFIG,
    version: 2,
    schema: {
      ...GATEWAY_CONFIG.schema,
      properties: {
        ...GATEWAY_CONFIG.schema.properties,
        version: { type: 'integer', minimum: 1, maximum: 2, default: 2 } as const,
      },
    },
    migrations: [
      {
        from: 1,
        note: 'shop is now called store.',
        apply: (document: {
          get: (key: string) => unknown;
          set: (key: string, value: unknown) => void;
          delete: (key: string) => void;
        }) => {
          document.set('store', document.get('shop'));
          document.delete('shop');
        },
      },
    ],
  };
  const old = 'version: 1\nchain: acme\nshop: s1\ngateway: g1\n';
  const reading = parseConfig(kind, old, 'config.yaml');
  t.match(reading, { ok: true, config: { store: 's1' }, migrated: ['shop is now called store.'] });
  t.end();
});

void t.test('what init writes is valid, explains each key, and is the defaults', (t) => {
  const names = { chain: 'acme', store: '0417', gateway: 'g1' };
  const text = commentedYaml(GATEWAY_CONFIG.schema, names);
  const reading = parseConfig(GATEWAY_CONFIG, text, 'config.yaml');
  const plain = parseConfig(GATEWAY_CONFIG, NAMES.replace('s0417', '"0417"'), 'config.yaml');
  t.ok(reading.ok && plain.ok);
  if (reading.ok && plain.ok) t.strictSame(reading.config, plain.config);
  t.match(
    text,
    '  # The port of the plain listener. Allowed: a whole number from 0 to 65535.\n  port: 1883\n',
  );
  t.ok(text.split('\n').every((line) => line.length <= 100));
  t.end();
});

void t.test('secrets are not repeated in problems', (t) => {
  const reading = parseConfig(HQ_CONFIG, 'database: {url: "mysql://u:hunter2@h/d"}\n', 'hq.yaml');
  t.notOk(reading.ok);
  t.notMatch(JSON.stringify(reading), /hunter2/);
  t.end();
});

void t.test('files: missing is an error or the defaults, as asked', (t) => {
  const file = join(t.testdir(), 'hq.yaml');
  t.throws(() => readConfig(HQ_CONFIG, file), { code: 'CONFIG_MISSING' });
  t.match(loadConfig(HQ_CONFIG, file, { whenMissing: 'defaults' }), { mqtt: { port: 1884 } });
  writeFileSync(file, 'mqtt: {port: x}\nhttp: {port: y}\n');
  t.throws(() => loadConfig(HQ_CONFIG, file), {
    code: 'CONFIG_INVALID',
    message: /has 2 problems:\n.*:1:\d+ mqtt\.port.*\n.*:2:\d+ http\.port/,
  });
  t.match(readFileSync(file, 'utf8'), 'port: x');
  t.end();
});
