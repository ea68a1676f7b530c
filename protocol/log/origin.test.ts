import t from 'tap';
import { formatOrigin, nextEpochOrigin, parseOrigin, sameGateway } from './origin.ts';

void t.test('origins are read and written', (t) => {
  for (const [text, origin] of [
    [
      'hq.example.com/acme/s0417/g1/e1',
      { domain: 'hq.example.com', chain: 'acme', store: 's0417', gateway: 'g1', epoch: 1 },
    ],
    [
      'tillgate.invalid/a/b/c/e12-00ff00ff',
      {
        domain: 'tillgate.invalid',
        chain: 'a',
        store: 'b',
        gateway: 'c',
        epoch: 12,
        suffix: '00ff00ff',
      },
    ],
  ] as const) {
    t.same(parseOrigin(text), origin);
    t.equal(formatOrigin(origin), text);
  }
  t.end();
});

void t.test('anything else is refused', (t) => {
  for (const text of [
    '',
    'hq.example.com/acme/s0417/g1',
    'hq.example.com/acme/s0417/g1/e1/x',
    'hq.example.com/acme/s0417/g1/e0',
    'hq.example.com/acme/s0417/g1/e01',
    'hq.example.com/acme/s0417/g1/1',
    'hq.example.com/acme/s0417/g1/e1-',
    'hq.example.com/acme/s0417/g1/e2-00FF00FF',
    'hq.example.com/acme/s0417/g1/e2-00ff00f',
    'hq.example.com/acme/S0417/g1/e1',
    'hq.example.com/acme/-s/g1/e1',
    'hq.example.com//s/g1/e1',
    `hq.example.com/acme/${'s'.repeat(33)}/g1/e1`,
    'HQ.example.com/acme/s/g1/e1',
    'hq..com/acme/s/g1/e1',
    '-hq.com/acme/s/g1/e1',
    `${'a.'.repeat(127)}com/acme/s/g1/e1`,
    ' hq.example.com/acme/s0417/g1/e1',
  ]) {
    t.throws(() => parseOrigin(text), { code: 'LOG_ORIGIN_INVALID' }, text);
  }
  t.end();
});

void t.test('the next epoch counts up and carries its random part', (t) => {
  const second = nextEpochOrigin('d.example/c/s/g/e1', '0123abcd');
  t.equal(second, 'd.example/c/s/g/e2-0123abcd');
  t.equal(nextEpochOrigin(second, 'ffffffff'), 'd.example/c/s/g/e3-ffffffff');
  t.throws(() => nextEpochOrigin(second, 'xyz'), { code: 'LOG_ORIGIN_INVALID' });
  t.ok(sameGateway(parseOrigin(second), parseOrigin('d.example/c/s/g/e1')));
  t.notOk(sameGateway(parseOrigin(second), parseOrigin('d.example/c/s/h/e1')));
  t.end();
});
