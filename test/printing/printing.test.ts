/**
 * A slice of `npm run printing`: the paper of simulated printers against what the jobs were told.
 * What is done is on paper once and whole, what is refused is not, and nothing is there twice.
 */
import t from 'tap';
import { playSchedule } from './printing-schedule.ts';
import { PrintingWorld } from './printing-world.ts';

/** A hundredth of a second each. */
const DAYS = 60;

void t.test('bad days of printing break no promise', async (t) => {
  const states: Record<string, number> = {};
  for (let seed = 1; seed <= DAYS; seed += 1) {
    const report = await playSchedule(seed);
    t.strictSame(report.violations, [], `seed ${seed}`);
    for (const [state, count] of Object.entries(report.states)) {
      states[state] = (states[state] ?? 0) + count;
    }
  }
  // Days on which nothing goes well, or nothing wrong, would prove nothing.
  for (const state of ['done', 'refused', 'unknown']) t.ok((states[state] ?? 0) > DAYS / 4, state);
});

void t.test('the same seed is the same day', async (t) => {
  t.strictSame(await playSchedule(5), await playSchedule(5));
});

void t.test('four printers at once print what each was told', async (t) => {
  const worlds = Array.from({ length: 4 }, (_, seed) => new PrintingWorld({ kind: 'epson', seed }));
  for (const world of worlds) await world.run(2_000);
  const jobs = worlds.map((world, at) =>
    Array.from({ length: 5 }, (_, number) => world.print([`printer ${at} receipt ${number}.`])),
  );
  for (const world of worlds) await world.run(20_000);
  t.ok(jobs.flat().every((job) => job.outcome?.state === 'done'));
  t.ok(worlds.every((world, at) => world.countOf(`printer ${at} `) === 5));
});
