/**
 * Goal: after any history of words of headquarters, technicians, hand edits, wrong clocks, restarts and
 * kills at any append, the file says what stands by the log, a lock holds, nothing is on record twice,
 * and looking again says nothing new. A slice runs with the others; `npm run config-sim` is longer.
 */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { parse } from 'yaml';
import t from 'tap';
import { isSameValue, standing } from '../../config/merge/config-register.ts';
import { TillgateError } from '../../protocol/errors.ts';
import type { Json } from '../../protocol/json/json-value.ts';
import { formatHlc } from '../../protocol/log/hlc.ts';
import type { ConfigKeeper } from './config-keeper.ts';
import { ConfigLab, word, words } from './fixtures/config-lab.ts';
import type { Placed } from './hq-words.ts';

const RUNS = Number(process.env['CONFIG_RUNS'] ?? 6);
const SEED = Number(process.env['CONFIG_SEED'] ?? 5);
const STEPS_MAX = 14;

t.setTimeout(3_600_000);

const KEYS = ['uplink.maxBytesPerSecond', 'uplink.maxEntriesPerSecond'];

type Step =
  | { do: 'say'; key: number; value: number; locked: boolean; rank: number; isFar: boolean }
  | { do: 'takeBack'; key: number; rank: number }
  | { do: 'deliver' | 'restart' }
  | { do: 'set' | 'edit'; key: number; value: number }
  | { do: 'revert'; key: number }
  | { do: 'pass'; ms: number }
  | { do: 'kill'; appends: number };

const key = fc.nat(KEYS.length - 1);
const value = fc.integer({ min: 1, max: 4 });
const rank = fc.constantFrom(0, 2);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      ...{ do: fc.constant('say' as const), key, value, rank, locked: fc.boolean() },
      isFar: fc.integer({ min: 0, max: 7 }).map((n) => n === 0),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('takeBack' as const), key, rank }) },
  { weight: 4, arbitrary: fc.constantFrom({ do: 'deliver' as const }, { do: 'restart' as const }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constantFrom('set' as const, 'edit' as const), key, value }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('revert' as const), key }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.nat(400_000) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('kill' as const), appends: fc.nat(3) }),
  },
);

class History {
  readonly lab = new ConfigLab({ teardown: () => undefined });
  readonly documents = new Map<string, Placed<'config'>>();
  keeper: ConfigKeeper = this.lab.start();
  #said = 0;

  async run(steps: readonly Step[]): Promise<void> {
    await this.deliver();
    for (const one of steps) {
      try {
        await this.#step(one);
      } catch (error) {
        if (!(error instanceof TillgateError)) throw error;
        if (error.message === 'killed') await this.restart();
      }
    }
    this.lab.appendsLeft = Infinity;
    await this.restart();
    await this.deliver();
  }

  deliver(): Promise<void> {
    return this.keeper.follow(words(...this.documents.values()));
  }

  async restart(): Promise<void> {
    this.lab.appendsLeft = Infinity;
    this.keeper = await this.lab.restart();
  }

  valueIn(name: string): Json {
    const [group = '', last = ''] = name.split('.');
    const file = parse(readFileSync(this.lab.paths.configFile, 'utf8')) as Record<string, unknown>;
    const found = (file[group] as Record<string, Json> | undefined)?.[last];
    return found ?? null;
  }

  async #step(one: Step): Promise<void> {
    switch (one.do) {
      case 'say': {
        this.#said += 1;
        const wallMs = one.isFar ? Date.UTC(2099, 0) : this.lab.nowMs;
        const hlc = formatHlc({ wallMs, counter: this.#said });
        const { locked } = one;
        const name = KEYS[one.key] ?? '';
        const said = word(name, one.value, { hlc, ...(locked && { locked: true }) });
        const scope = one.rank === 0 ? 'chain' : 'store';
        this.documents.set(`${name} ${one.rank}`, { ...said, rank: one.rank, scope });
        return;
      }
      case 'takeBack':
        this.documents.delete(`${KEYS[one.key] ?? ''} ${one.rank}`);
        return;
      case 'deliver':
        return this.deliver();
      case 'restart':
        await this.restart();
        return this.deliver();
      case 'set':
        await this.keeper.set({ key: KEYS[one.key] ?? '', text: String(one.value) });
        return;
      case 'revert':
        await this.keeper.revert({ key: KEYS[one.key] ?? '' });
        return;
      case 'edit': {
        const last = (KEYS[one.key] ?? '').split('.')[1] ?? '';
        this.lab.edit(new RegExp(`${last}: [0-9]+`), `${last}: ${one.value}`);
        return;
      }
      case 'pass':
        this.lab.nowMs += one.ms;
        return;
      case 'kill':
        this.lab.appendsLeft = one.appends;
    }
  }
}

/** Sentences about what is wrong. */
async function problemsOf(history: History): Promise<string[]> {
  const { lab, keeper, documents } = history;
  const wrong: string[] = [];
  for (const name of KEYS) {
    const is = history.valueIn(name);
    const stands = standing(keeper.book.of(name).register);
    if (stands !== undefined && !isSameValue(stands.value, is)) wrong.push(`${name}: the file`);
    const said = documents.get(`${name} 2`) ?? documents.get(`${name} 0`);
    if (said?.document.locked === true && !isSameValue(said.document.value as Json, is)) {
      wrong.push(`${name}: a lock does not hold`);
    }
    const published = [...keeper.book.history(name)].filter(({ action }) => action !== 'clamped');
    for (const [at, { action, document }] of published.entries()) {
      const next = published.slice(at + 1).find(({ side }) => side === 'headquarters');
      if (action === 'published' && next?.action === 'published' && next.document === document) {
        wrong.push(`${name}: on record twice`);
      }
    }
  }
  const conflicts = lab.entries('conflict').map(({ conflictId }) => conflictId);
  if (new Set(conflicts).size !== conflicts.length) wrong.push('a conflict twice');
  const before = lab.entries('config').length + conflicts.length;
  await history.deliver();
  const after = lab.entries('config').length + lab.entries('conflict').length;
  if (after !== before) wrong.push('looking again said something new');
  return wrong;
}

void t.test(`${RUNS} histories end well`, async (t) => {
  const steps = fc.array(step, { minLength: 4, maxLength: STEPS_MAX });
  await fc.assert(
    fc.asyncProperty(steps, async (given) => {
      const history = new History();
      try {
        await history.run(given);
        const wrong = await problemsOf(history);
        if (wrong.length > 0) throw new Error(wrong.join('; '));
        t.pass();
      } finally {
        await history.lab.remove();
      }
    }),
    { numRuns: RUNS, seed: SEED },
  );
});
