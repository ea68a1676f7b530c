import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { OpenPort } from './open-port.ts';
import { fileSink, recordTransport } from './recording.ts';
import type { RecordingOptions } from './recording.ts';
import { replayTransport } from './replay.ts';
import { unplugged } from './transport-failures.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function recorded(options: Partial<RecordingOptions> = {}) {
  const lines: string[] = [];
  let nowMs = 1_000;
  const clock = { wallMs: () => 1_293_840_000_000, monotonicMs: () => (nowMs += 10) };
  const port = new OpenPort('serial:/dev/x', {
    write: () => Promise.resolve(),
    release: () => Promise.resolve(),
  });
  const append = (line: string): void => void lines.push(line);
  const transport = recordTransport(port, { clock, append, ...options });
  return { port, transport, lines };
}

const parsed = (lines: readonly string[]): unknown[] =>
  lines.map((line): unknown => JSON.parse(line));

void t.test('both directions are kept with their times, and the end', async (t) => {
  const { port, transport, lines } = recorded();
  const heard: Uint8Array[] = [];
  transport.onData((chunk) => void heard.push(chunk));
  await transport.write(bytes('W'));
  port.received(bytes('1.250'));
  port.finish(unplugged('serial:/dev/x', 'pulled out'));
  t.equal((await transport.closed).reason, 'unplugged');
  t.same(heard, [bytes('1.250')]);
  t.same(parsed(lines), [
    { type: 'open', address: 'serial:/dev/x', startedAt: '2011-01-01T00:00:00.000Z' },
    { type: 'out', atMs: 10, hex: '57' },
    { type: 'in', atMs: 20, hex: '312e323530' },
    { type: 'end', atMs: 30, reason: 'unplugged' },
  ]);
});

void t.test('a mask decides what is written down, and nothing else', async (t) => {
  const mask: RecordingOptions['mask'] = (direction, chunk) =>
    direction === 'in' ? chunk.map((byte) => (byte >= 0x30 && byte <= 0x39 ? 0x23 : byte)) : chunk;
  const { port, transport, lines } = recorded({ mask });
  const heard: Uint8Array[] = [];
  transport.onData((chunk) => void heard.push(chunk));
  port.received(bytes('134567890123456789\r'));
  await transport.close();
  t.same(heard, [bytes('134567890123456789\r')]);
  t.notMatch(lines.join('\n'), Buffer.from('1345').toString('hex'));
  t.match(parsed(lines)[1], { hex: `${'23'.repeat(18)}0d` });
});

void t.test('a recording is bounded and says that it is full', async (t) => {
  const { port, transport, lines } = recorded({ bytesMax: 400 });
  transport.onData(() => undefined);
  for (let at = 0; at < 1_000; at++) port.received(bytes('noise'));
  await transport.close();
  t.match(parsed(lines).at(-1), { type: 'full' });
  t.ok(lines.join('\n').length < 500);
});

void t.test(
  'it lies in a file that others may not read, and a file that fails does no harm',
  async (t) => {
    const path = join(t.testdir(), 'port.jsonl');
    const sink = fileSink(path);
    const { transport } = recorded({ append: sink.append });
    await transport.close();
    await sink.close();
    t.equal(readFileSync(path, 'utf8').trim().split('\n').length, 2);
    t.equal(statSync(path).mode & 0o777, 0o600);
    const broken = fileSink('/dev/null/nowhere');
    const second = recorded({ append: broken.append });
    await second.transport.write(bytes('x'));
    await broken.close();
    await second.transport.write(bytes('y'));
    await broken.close();
  },
);

void t.test('what was recorded plays again, however it is cut into writes', async (t) => {
  const { port, transport, lines } = recorded();
  transport.onData(() => undefined);
  port.received(bytes('hello'));
  await transport.write(bytes('AB'));
  await transport.write(bytes('C'));
  port.received(bytes('1'));
  port.received(bytes('2'));
  port.finish(unplugged('serial:/dev/x', 'pulled out'));
  await transport.closed;
  const replay = replayTransport(lines.join('\n'));
  const heard: string[] = [];
  replay.onData((chunk) => void heard.push(Buffer.from(chunk).toString()));
  await new Promise((resolve) => setImmediate(resolve));
  t.same(heard, ['hello'], 'the rest waits for the gateway');
  await replay.write(bytes('A'));
  await replay.write(bytes('BC'));
  t.equal((await replay.closed).reason, 'unplugged');
  t.same(heard, ['hello', '1', '2']);
});

void t.test('the first byte that differs ends the replay and is named', async (t) => {
  const lines = [
    '{"type":"open","address":"serial:/dev/x","startedAt":"2011-01-01T00:00:00.000Z"}',
    '{"type":"out","atMs":1,"hex":"1b40"}',
  ];
  const replay = replayTransport(lines.join('\n'));
  await t.rejects(replay.write(Uint8Array.of(0x1b, 0x41)), { code: 'TRANSPORT_CLOSED' });
  const end = await replay.closed;
  t.match(end, { reason: 'fault', error: { message: /has 40 at byte 1 of step 0, and 41/ } });
  const beyond = replayTransport(lines.join('\n'));
  await t.rejects(beyond.write(Uint8Array.of(0x1b, 0x40, 0x0a)), /nothing at byte 0 of step 1/);
  t.throws(() => replayTransport('hello'), { code: 'TRANSPORT_FAULT' });
  t.throws(() => replayTransport('{"type":"in"}'), { code: 'TRANSPORT_FAULT' });
});

void t.test('with a schedule the pauses are kept', async (t) => {
  const lines = [
    '{"type":"open","address":"tcp://h:1","startedAt":"2011-01-01T00:00:00.000Z"}',
    '{"type":"in","atMs":40,"hex":"01"}',
    '{"type":"in","atMs":100,"hex":"02"}',
    '{"type":"end","atMs":100,"reason":"requested"}',
  ];
  const delays: number[] = [];
  const schedule = (callback: () => void, delayMs: number) => {
    delays.push(delayMs);
    setImmediate(callback);
    return () => undefined;
  };
  const replay = replayTransport(lines.join('\n'), { schedule });
  replay.onData(() => undefined);
  t.same(await replay.closed, { reason: 'requested' });
  t.same(delays, [40, 60, 0]);
});
