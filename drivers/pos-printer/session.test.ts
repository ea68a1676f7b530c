import t from 'tap';
import type { JobOutcome } from '../job.ts';
import { PrintingWorld } from '../../test/printing/printing-world.ts';

const LINES = ['first line', 'second line', 'third line', 'last line'];

const isConfirmed = (outcome: JobOutcome | undefined): boolean =>
  outcome?.state === 'done' && outcome.result['confirmed'] === true;

void t.test('a print is confirmed by its process id, after all of it is on paper', async (t) => {
  const world = new PrintingWorld({ kind: 'epson' });
  await world.run(3_000);
  t.strictSame(world.condition, { state: 'ready', reasons: [] });
  const job = world.print(LINES);
  await world.run(5_000);
  t.match(job.outcome, { state: 'done', result: { confirmed: true, confirmedBy: 'processId' } });
  t.strictSame(world.printer.pieces[0]?.lines, LINES);
  t.match(
    world.effects.find((effect) => effect.type === 'identity'),
    { identity: { maker: 'EPSON', model: 'TM-T88V', serialNumber: 'MXQF004711' } },
  );
});

void t.test('a clone confirms by what stands behind the cut', async (t) => {
  const world = new PrintingWorld({ kind: 'clone' });
  await world.run(1_000);
  const job = world.print(LINES);
  await world.run(5_000);
  t.match(job.outcome, { state: 'done', result: { confirmed: true, confirmedBy: 'barrier' } });
  t.strictSame(world.printer.pieces[0]?.lines, LINES);
});

void t.test('a printer that says nothing is done without confirmation', async (t) => {
  const world = new PrintingWorld({ kind: 'mute' });
  await world.run(100);
  const job = world.print(LINES);
  await world.run(5_000);
  t.match(job.outcome, { state: 'done', result: { confirmed: false } });
  t.strictSame(world.printer.pieces[0]?.lines, LINES);
});

void t.test('without paper a job is refused at once, with the reason', async (t) => {
  for (const kind of ['epson', 'clone'] as const) {
    const world = new PrintingWorld({ kind });
    await world.run(3_000);
    world.printer.command('paper out');
    await world.run(20);
    const job = world.print(LINES);
    await world.run(300);
    t.match(job.outcome, { state: 'refused', error: { code: 'PERIPHERAL_NOT_READY' } });
    t.match(JSON.stringify(job.outcome), /PTR_SUE_REC_EMPTY/);
    world.printer.command('paper ok');
    await world.run(2_000);
    t.equal(world.countOf('line'), 0);
    t.strictSame(world.condition, { state: 'ready', reasons: [] });
  }
});

void t.test('paper that ends in the middle and comes back in time finishes the job', async (t) => {
  const world = new PrintingWorld({ kind: 'epson' });
  await world.run(3_000);
  world.printer.command('paper out after 2 lines');
  const job = world.print(LINES, { image: true });
  await world.run(10_000);
  t.equal(job.outcome, undefined);
  t.strictSame(world.condition, { state: 'notReady', reasons: ['PTR_SUE_REC_EMPTY'] });
  world.printer.command('paper ok');
  await world.run(10_000);
  t.ok(isConfirmed(job.outcome), JSON.stringify(job.outcome));
  for (const line of LINES) t.equal(world.countOf(line), 1, line);
});

void t.test(
  'paper that does not come back leaves the job unknown, and is cleared before the next',
  async (t) => {
    const world = new PrintingWorld({ kind: 'epson' });
    await world.run(3_000);
    world.printer.command('paper out after 2 lines');
    const job = world.print(LINES, { deadlineMs: 10_000 });
    await world.run(11_000);
    t.match(job.outcome, { state: 'unknown', error: { code: 'JOB_EXPIRED' } });
    world.printer.isSilent = false;
    world.printer.machine.paper = 'ok';
    const next = world.print(['the next receipt']);
    world.printer.changed();
    await world.run(10_000);
    t.match(next.outcome, { state: 'done', result: { confirmed: true, clearedBefore: true } });
    t.equal(world.countOf('the next receipt'), 1);
    t.ok(world.countOf('last line') <= 1);
  },
);

void t.test('a printer that was off in the middle leaves the job unknown', async (t) => {
  for (const isSerial of [false, true]) {
    const world = new PrintingWorld({ kind: 'epson', model: { isSerial } });
    await world.run(3_000);
    const job = world.print(LINES);
    await world.run(60);
    world.printer.command('power off');
    await world.run(1_000);
    world.printer.command('power on');
    await world.run(40_000);
    t.equal(job.outcome?.state, 'unknown', JSON.stringify(job.outcome));
    const next = world.print(['after the power came back']);
    await world.run(10_000);
    t.ok(isConfirmed(next.outcome), JSON.stringify(next.outcome));
    t.equal(world.countOf('after the power came back'), 1);
  }
});

void t.test('half a picture of a lost session does not swallow the next receipt', async (t) => {
  for (const kind of ['epson', 'clone', 'mute'] as const) {
    const world = new PrintingWorld({ kind, bytesPerMs: 10 });
    await world.run(3_000);
    const lost = world.print(LINES, { image: true });
    // A clone waits for quiet before the first job of a session.
    await world.run(kind === 'clone' ? 720 : 200);
    world.printer.command('unplug');
    await world.run(500);
    t.equal(lost.outcome?.state, 'unknown', kind);
    world.printer.command('plug');
    await world.run(5_000);
    const next = world.print(['one after the picture']);
    await world.run(30_000);
    t.equal(next.outcome?.state, 'done', `${kind} ${JSON.stringify(next.outcome)}`);
    t.equal(world.countOf('one after the picture'), 1, kind);
    const paper = world.printer.pieces.find((piece) => piece.lines.includes(next.lines[0] ?? ''));
    t.strictSame(paper?.lines, next.lines, `${kind}: nothing of the lost one on the same paper`);
  }
});

void t.test('noise and strange ids confirm nothing', async (t) => {
  const world = new PrintingWorld({ kind: 'epson' });
  await world.run(3_000);
  world.printer.command('paper out after 1 lines');
  const job = world.print(LINES, { deadlineMs: 8_000 });
  await world.run(1_000);
  world.printer.command('garbage 5000');
  await world.run(9_000);
  t.equal(job.outcome?.state, 'unknown');
  const status = world.perform('status');
  await world.run(3_000);
  const told = status.outcome?.state === 'done' ? Number(status.outcome.result['ignoredBytes']) : 0;
  t.ok(told > 1_000, `ignored ${told}`);
});

void t.test('jobs wait their turn, and one that waits too long is refused', async (t) => {
  const world = new PrintingWorld({ kind: 'epson' });
  await world.run(3_000);
  world.printer.command('paper out after 1 lines');
  const first = world.print(['one', 'two'], { deadlineMs: 20_000 });
  const second = world.print(['waits'], { deadlineMs: 5_000 });
  await world.run(6_000);
  t.equal(first.outcome, undefined);
  t.match(second.outcome, { state: 'refused', error: { code: 'JOB_EXPIRED' } });
  world.printer.command('paper ok');
  await world.run(5_000);
  t.ok(isConfirmed(first.outcome));
  t.equal(world.countOf('waits'), 0);
});

void t.test('more jobs than a queue may hold are refused as busy', async (t) => {
  const world = new PrintingWorld({ kind: 'epson' });
  await world.run(3_000);
  world.printer.command('slow');
  const jobs = Array.from({ length: 40 }, (_, at) => world.print([`receipt ${at}.`]));
  await world.run(100);
  const busy = jobs.filter((job) => JSON.stringify(job.outcome ?? '').includes('PERIPHERAL_BUSY'));
  t.equal(busy.length, 7);
});

void t.test('a jammed cutter is recovered by hand and the job before is unknown', async (t) => {
  const world = new PrintingWorld({ kind: 'epson' });
  await world.run(3_000);
  world.printer.command('cutter jam');
  const job = world.print(LINES);
  await world.run(5_000);
  t.strictSame(world.condition?.reasons, ['PTR_SUE_CUTTER_ERROR']);
  const recover = world.perform('recover');
  await world.run(2_000);
  t.equal(job.outcome?.state, 'unknown');
  t.match(recover.outcome, { state: 'done', result: { ready: true, reasons: [] } });
});

void t.test('a printer that is off is said to be, and comes back', async (t) => {
  const world = new PrintingWorld({ kind: 'epson', model: { isSerial: true } });
  await world.run(3_000);
  world.printer.command('power off');
  await world.run(15_000);
  t.strictSame(world.condition, { state: 'notReady', reasons: ['SUE_POWER_OFF_OFFLINE'] });
  const job = world.print(LINES);
  await world.run(3_000);
  t.match(job.outcome, { state: 'refused', error: { code: 'PERIPHERAL_NOT_READY' } });
  world.printer.command('power on');
  await world.run(6_000);
  t.strictSame(world.condition, { state: 'ready', reasons: [] });
});

void t.test('the drawer opens in the middle of a job and out of paper', async (t) => {
  const world = new PrintingWorld({ kind: 'epson' });
  await world.run(3_000);
  const levels = (): number[] =>
    world.effects.flatMap((effect) => (effect.type === 'port' ? [effect.bytes[0] ?? -1] : []));
  t.strictSame(levels(), [0]);
  world.printer.command('paper out after 2 lines');
  world.print(LINES);
  await world.run(2_000);
  world.session?.toPort(Uint8Array.of(1, 50, 50));
  await world.run(500);
  t.ok(world.printer.drawer.isOpen);
  t.equal(levels().at(-1), 1);
  world.printer.command('drawer close');
  await world.run(500);
  t.equal(levels().at(-1), 0);
});

void t.test('a clone opens the drawer when it has printed', async (t) => {
  const world = new PrintingWorld({ kind: 'clone' });
  await world.run(3_000);
  world.print(LINES);
  world.session?.toPort(Uint8Array.of(1, 50, 50));
  await world.run(100);
  t.notOk(world.printer.drawer.isOpen);
  await world.run(3_000);
  t.ok(world.printer.drawer.isOpen);
});
