import t from 'tap';
import { GATEWAY_CONFIG } from '../gateway-schema.ts';
import { changesBetween, flatConfig } from './flat-config.ts';
import { hqMayNotSet } from './hq-may-set.ts';

const { schema } = GATEWAY_CONFIG;
const code = (key: string, value: unknown): string | undefined =>
  hqMayNotSet(schema, key, value)?.code;

void t.test('headquarters says what concerns the chain, and nothing that is the machine’s', (t) => {
  t.equal(code('uplink.maxBytesPerSecond', 5_000), undefined);
  t.equal(code('uplink.maxBytesPerSecond', null), undefined, 'the default');
  t.equal(code('peripherals.receipts.header', ['Hello']), undefined);
  t.equal(code('uplink.maxBytesPerSecond', -1), 'CONFIG_VALUE');
  t.equal(code('uplink.maxBytesPerSecond', '5000'), 'CONFIG_VALUE');
  t.equal(code('uplink', {}), 'CONFIG_VALUE', 'a group');
  t.equal(code('uplink.maxBytes', 1), 'CONFIG_UNKNOWN_KEY');
  const local = ['mqtt.port', 'mqtt.tls.enabled', 'http.host', 'uplink.enabled'];
  for (const key of [...local, 'ledger.signedHeadFile', 'chain', 'version', 'roles.till.publish']) {
    t.equal(code(key, 1), 'CONFIG_LOCAL', key);
  }
  t.end();
});

void t.test('two files differ by their keys', (t) => {
  const flat = (value: object) => flatConfig(schema, value);
  const before = flat({ store: 's1', uplink: { maxBytesPerSecond: 1 }, log: {} });
  const after = flat({ store: 's1', roles: { x: { publish: ['a'] } }, log: { level: 'warn' } });
  t.strictSame(changesBetween(before, after), [
    { key: 'log.level', before: null, value: 'warn' },
    { key: 'roles.x.publish', before: null, value: ['a'] },
    { key: 'uplink.maxBytesPerSecond', before: 1, value: null },
  ]);
  t.end();
});
