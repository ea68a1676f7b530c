/**
 * Goal: whatever happens on the way and to either side, a gateway ends with exactly what headquarters
 * published, never with half a publication, and headquarters with what its gateway still has of it.
 */
import fc from 'fast-check';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { FeedWorld, delivered } from './feed-world.ts';
import { ownFolder } from '../support/own-folder.ts';

/** A slice of the campaign `npm run feed-sim`; FEED_RUNS and FEED_SEED say which. */
const RUNS = Number(process.env['FEED_RUNS'] ?? 6);
t.setTimeout(120_000 + RUNS * 20_000);

const MINUTE_MS = 60_000;
/** Loading a snapshot pauses as often. */
const STEPS_A_ROUND = 30;
const STEP_MS = 50;
/** Many times what it takes to agree. */
const MESSAGES_MAX = 2_000;

type Step = { do: string; at: number };

const step = fc.oneof(
  { weight: 12, arbitrary: fc.record({ do: fc.constant('deliver'), at: fc.nat(7) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('lose'), at: fc.nat(7) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('double'), at: fc.nat(7) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait'), at: fc.nat(20_000) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('publish'), at: fc.nat(0) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restartHq'), at: fc.nat(0) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restartGateway'), at: fc.nat(0) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('newGateway'), at: fc.nat(0) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('backUp'), at: fc.nat(0) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('restoreHq'), at: fc.nat(0) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('calm'), at: fc.nat(0) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('goBack'), at: fc.nat(1) }) },
);

/** With this the shortest run tries everything. */
const LOST_AND_FOUND: Step[] = ['calm', 'publish', 'calm', 'restoreHq', 'calm'].map((what) => ({
  ...{ do: what, at: 0 },
}));

/** Chance alone seldom makes a headquarters lose what a gateway has. */
function inSteps({ do: what, at }: Step): Step[] {
  if (what !== 'goBack') return [{ do: what, at }];
  const more = at === 0 ? ['publish'] : [];
  const all = ['calm', 'backUp', 'publish', 'calm', 'restoreHq', ...more];
  return all.map((one) => ({ do: one, at: 0 }));
}

/** Gives the publication that has to be everywhere in the end. */
async function play(world: FeedWorld, steps: readonly Step[]): Promise<number> {
  const of = { round: 1, wanted: 1 };
  await world.startHq();
  world.startGateway();
  await world.publish(of.round);
  world.backUp();
  for (const step of steps.flatMap(inSteps)) {
    if (world.wire.length > 0) await onTheWay(world, step);
    await toASide(world, step, of);
  }
  return of.wanted;
}

async function onTheWay(world: FeedWorld, { do: what, at }: Step): Promise<void> {
  if (what === 'deliver') await world.deliver(at);
  if (what === 'lose') world.wire.splice(at % world.wire.length, 1);
  const again = world.wire[at % Math.max(1, world.wire.length)];
  if (what === 'double' && again !== undefined) world.wire.push(again);
}

async function toASide(
  world: FeedWorld,
  { do: what, at }: Step,
  of: { round: number; wanted: number },
): Promise<void> {
  switch (what) {
    case 'wait':
      return world.advance(at);
    case 'calm':
      return calm(world);
    case 'publish':
      of.wanted = of.round += 1;
      return world.publish(of.round);
    case 'backUp': {
      world.backUp();
      return;
    }
    case 'restartHq':
      await world.stopHq();
      await world.startHq();
      {
        world.connect();
        return;
      }
    case 'restoreHq':
      await world.restoreHq();
      of.wanted = await world.roundAfterRestore();
      return;
    case 'restartGateway':
      world.stopGateway();
      {
        world.startGateway();
        return;
      }
    case 'newGateway':
      world.stopGateway();
      world.loseGateway();
      world.startGateway();
      of.wanted = (await world.roundAtHq()) ?? 0;
  }
}

/** For a while nothing happens on the way. */
async function calm(world: FeedWorld): Promise<void> {
  let count = 0;
  for (let steps = 0; steps < STEPS_A_ROUND; steps++) {
    while (world.wire.length > 0) {
      await world.deliver(0);
      if ((count += 1) > MESSAGES_MAX) throw new Error('the two never stop talking');
    }
    await world.advance(STEP_MS);
  }
}

function isHealed(world: FeedWorld, round: number): boolean {
  return world.roundSeen() === round && world.isReported();
}

/** From now on nothing is lost: it takes a few rounds of the clock at most. */
async function heal(world: FeedWorld, round: number): Promise<void> {
  for (let minutes = 0; minutes < 20 && !isHealed(world, round); minutes++) {
    await calm(world);
    await world.advance(MINUTE_MS);
  }
}

let folders = 0;

async function holds(t: Test, steps: readonly Step[]): Promise<boolean> {
  const world = new FeedWorld(join(t.testdirName, String(folders++)));
  mkdirSync(join(t.testdirName, String(folders - 1)), { recursive: true });
  try {
    const round = await play(world, steps);
    await heal(world, round);
    const isSteady = world.seen.every((seen, at) => (seen ?? 0) >= (world.seen[at - 1] ?? 0));
    return isHealed(world, round) && (isSteady || world.mayFall);
  } finally {
    world.stopGateway();
    await world.stopHq();
  }
}

void t.test('a gateway ends with what was published, and never shows half of it', async (t) => {
  ownFolder(t);
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), (steps) => holds(t, steps)),
    {
      numRuns: RUNS,
      examples: [[LOST_AND_FOUND]],
      endOnFailure: true,
      seed: Number(process.env['FEED_SEED'] ?? 20_261_128),
    },
  );
  t.comment(`${RUNS} histories: ${JSON.stringify(delivered)}`);
  for (const [what, count] of Object.entries(delivered)) t.ok(count > 0, `${what} were tried`);
});
