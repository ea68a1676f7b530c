import fc from 'fast-check';
import t from 'tap';
import { history } from './model-command.ts';
import { runHistory } from './run-history.ts';

void t.test('no schedule promises more than there is', (t) => {
  const checked = fc.check(
    fc.property(history(80), (commands) => runHistory(commands).findings.length === 0),
    {
      numRuns: Number(process.env['MODEL_RUNS'] ?? 300),
      seed: Number(process.env['MODEL_SEED'] ?? 1),
    },
  );
  if (checked.failed) {
    const [commands = []] = checked.counterexample ?? [];
    t.fail(
      `${runHistory(commands).findings.join('; ')}\n${commands.map((c) => JSON.stringify(c)).join('\n')}`,
    );
  }
  t.pass();
  t.end();
});
