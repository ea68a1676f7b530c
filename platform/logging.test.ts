import t from 'tap';
import { createLog, prettyLine } from './logging.ts';

const logTo = (lines: string[], pretty: boolean) =>
  createLog({
    level: 'info',
    name: 'gateway',
    pretty,
    stream: { write: (line) => lines.push(line) },
  });

void t.test('lines are JSON with a readable level, and secrets are kept out', (t) => {
  const lines: string[] = [];
  const log = logTo(lines, false);
  log.debug('below the level');
  log.warn({ deviceId: 'till-1', password: 'hunter2', device: { secret: 'x' } }, 'refused');
  t.equal(lines.length, 1);
  t.notMatch(lines[0], /hunter2/);
  t.match(JSON.parse(lines[0] ?? ''), {
    level: 'warn',
    name: 'gateway',
    msg: 'refused',
    deviceId: 'till-1',
    device: { secret: '[secret]' },
    time: /^\d{4}-\d\d-\d\dT/,
  });
  t.end();
});

void t.test('on a terminal each is one readable line', (t) => {
  const lines: string[] = [];
  logTo(lines, true).info({ port: 1883, name: 'x' }, 'listening');
  t.match(lines[0], /^\d\d:\d\d:\d\d\.\d{3} INFO {2}listening port=1883\n$/);
  const line = '{"level":"error","time":"2026-01-02T03:04:05.678Z","msg":"no","why":{"a":1}}';
  t.equal(prettyLine(line), '03:04:05.678 ERROR no why={"a":1}\n');
  t.end();
});
