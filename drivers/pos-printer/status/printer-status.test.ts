import t from 'tap';
import { conditionOf, fromAutomatic, fromRealTime } from './printer-status.ts';

void t.test('a printer that is well is ready, by both kinds of status', (t) => {
  const ready = { state: 'ready', reasons: [] };
  t.strictSame(conditionOf(fromRealTime([0x12, 0x12, 0x12, 0x12])), ready);
  t.strictSame(conditionOf(fromAutomatic([0x10, 0x00, 0x00, 0x00])), ready);
  t.end();
});

/** [DLE EOT 1..4], [automatic status], reasons. */
const CASES: readonly [number[], number[], string[]][] = [
  [[0x1a, 0x16, 0x12, 0x12], [0x38, 0, 0, 0], ['PTR_SUE_COVER_OPEN']],
  [[0x1a, 0x32, 0x12, 0x72], [0x18, 0, 0x0c, 0], ['PTR_SUE_REC_EMPTY']],
  [[0x1a, 0x52, 0x1a, 0x12], [0x18, 0x08, 0, 0], ['PTR_SUE_CUTTER_ERROR']],
  [[0x1a, 0x52, 0x16, 0x12], [0x18, 0x04, 0, 0], ['PTR_SUE_MECHANICAL_ERROR']],
  [[0x1a, 0x52, 0x32, 0x12], [0x18, 0x20, 0, 0], ['PTR_SUE_UNRECOVERABLE_ERROR']],
  [[0x1a, 0x52, 0x52, 0x12], [0x18, 0x40, 0, 0], ['PTR_SUE_HEAD_OVERHEATED']],
  [[0x1a, 0x1a, 0x12, 0x12], [0x58, 0, 0, 0], ['PTR_SUE_FEEDING']],
  [[0x1a, 0x12, 0x12, 0x12], [0x18, 0, 0, 0], ['SUE_POWER_OFFLINE']],
];

void t.test('each bad day has its reason, by both kinds of status', (t) => {
  for (const [asked, pushed, reasons] of CASES) {
    const wanted = { state: 'notReady', reasons };
    t.strictSame(conditionOf(fromRealTime(asked as [number, number, number, number])), wanted);
    t.strictSame(conditionOf(fromAutomatic(pushed as [number, number, number, number])), wanted);
  }
  t.end();
});

void t.test('paper that runs low is said, and is no reason to stop', (t) => {
  const low = { state: 'ready', reasons: ['PTR_SUE_REC_NEAREMPTY'] };
  t.strictSame(conditionOf(fromRealTime([0x12, 0x12, 0x12, 0x1e])), low);
  t.strictSame(conditionOf(fromAutomatic([0x10, 0x00, 0x03, 0x00])), low);
  t.end();
});

void t.test('the drawer pin is read from both', (t) => {
  t.ok(fromRealTime([0x16, 0x12, 0x12, 0x12]).isDrawerHigh);
  t.ok(fromAutomatic([0x14, 0, 0, 0]).isDrawerHigh);
  t.notOk(fromRealTime([0x12, 0x12, 0x12, 0x12]).isDrawerHigh);
  t.end();
});

void t.test(
  'a printer that answers nothing is not ready; one that never does is taken as ready',
  (t) => {
    t.strictSame(conditionOf('mute'), { state: 'notReady', reasons: ['SUE_POWER_OFF_OFFLINE'] });
    t.strictSame(conditionOf(undefined), { state: 'ready', reasons: [] });
    t.end();
  },
);
