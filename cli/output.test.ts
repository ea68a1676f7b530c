import { PassThrough } from 'node:stream';
import t from 'tap';
import { TillgateError } from '../protocol/errors.ts';
import { EXIT, exitCodeOf } from './exit-code.ts';
import { Output } from './output.ts';

function capture(options: { json: boolean; quiet: boolean }): {
  output: Output;
  shown: () => { stdout: string; stderr: string };
} {
  const stdout = new PassThrough({ encoding: 'utf8' });
  const stderr = new PassThrough({ encoding: 'utf8' });
  const textOf = (stream: PassThrough): string => (stream.read() as string | null) ?? '';
  return {
    output: new Output({ stdout, stderr }, options),
    shown: () => ({ stdout: textOf(stdout), stderr: textOf(stderr) }),
  };
}

const failure = new TillgateError('DEVICE_UNKNOWN', 'There is no device.', { hint: 'look' });

void t.test('a person reads text and remarks', (t) => {
  const { output, shown } = capture({ json: false, quiet: false });
  output.result({ a: 1 }, 'one');
  output.note('remark');
  output.failure(failure);
  t.strictSame(shown(), {
    stdout: 'one\n',
    stderr: 'remark\nError: There is no device.\nTry: look\n',
  });
  t.end();
});

void t.test('a program reads exactly one document', (t) => {
  const good = capture({ json: true, quiet: false });
  good.output.line('not this');
  good.output.note('nor this');
  good.output.result({ a: [1] }, 'nor this');
  t.strictSame(good.shown(), { stdout: '{"a":[1]}\n', stderr: '' });
  const bad = capture({ json: true, quiet: false });
  bad.output.failure(failure);
  t.match(JSON.parse(bad.shown().stdout), { error: { code: 'DEVICE_UNKNOWN', hint: 'look' } });
  t.end();
});

void t.test('quiet keeps remarks back, not answers or errors', (t) => {
  const { output, shown } = capture({ json: false, quiet: true });
  output.note('remark');
  output.result({}, 'answer');
  output.failure(failure);
  t.match(shown(), { stdout: 'answer\n', stderr: /^Error: / });
  t.end();
});

void t.test('exit codes follow the error', (t) => {
  t.equal(exitCodeOf(new TillgateError('USAGE', '')), EXIT.usage);
  t.equal(exitCodeOf(new TillgateError('CONFIG_INVALID', '')), EXIT.config);
  t.equal(exitCodeOf(new TillgateError('KEY_FILE_PERMISSIONS', '')), EXIT.config);
  t.equal(exitCodeOf(new TillgateError('HOME_LOCKED', '', { retryable: true })), EXIT.tryAgain);
  t.equal(exitCodeOf(new TillgateError('LEDGER_IO', '', { retryable: true })), EXIT.internal);
  t.equal(exitCodeOf(failure), EXIT.check);
  t.equal(exitCodeOf(new RangeError('ours')), EXIT.internal);
  t.end();
});
