/**
 * Goal: what MQTT 3.1.1 says a server does, the gateway's broker does, and what it says must close
 * the connection, the decode guard alone says too. Method: sequences written from the numbered
 * statements, in `mqtt/*.json`, against the real broker, whose sockets get a step in one write or in
 * many, and against the guard.
 */
import t from 'tap';
import { DecodeGuard } from '../../platform/mqtt/decode-guard.ts';
import { encodePackets, readCorpus, stepsOf } from '../support/mqtt-sequence.ts';
import type { Names, SequenceCase } from '../support/mqtt-sequence.ts';
import { playSequence } from '../support/sequence-player.ts';
import { PASSWORD, startStoreLab } from '../support/store-lab.ts';

const CREDENTIALS = { userName: 'lab', password: PASSWORD };
const ROLES = { lab: { publish: ['#'], subscribe: ['#'], deny: ['denied/#'] } };
/** Long enough for a broker that is busy elsewhere; a keep-alive of one second lies within it. */
const CASE_MS_MAX = 10_000;

// Every sequence plays twice.
t.setTimeout(120_000);

const corpus = readCorpus();

for (const [name, cases] of corpus) {
  for (const writing of ['at once', 'in pieces'] as const) {
    void t.test(`${name}: the broker, ${writing}`, async (t) => {
      const lab = await startStoreLab(t, { devices: [['lab', 'lab']], roles: ROLES });
      for (const [at, sequence] of cases.entries()) {
        const playing = { key: `${at}`, credentials: CREDENTIALS, writing };
        const difference = await inTime(playSequence(lab.port, sequence, playing));
        t.equal(difference, undefined, nameOf(sequence));
      }
    });
  }
}

void t.test('the guard alone', (t) => {
  for (const [name, cases] of corpus) {
    for (const [at, sequence] of cases.entries()) {
      const mustClose = sequence.guard === undefined && closesFirst(sequence);
      const fault = faultOf(sequence, { key: `${at}`, credentials: CREDENTIALS, captured: [] });
      t.equal(fault !== undefined, mustClose, `${name}: ${nameOf(sequence)}: ${fault ?? 'passes'}`);
    }
  }
  t.end();
});

void t.test('the corpus covers every packet type of a client', (t) => {
  const sequences = [...corpus.values()].flat();
  t.ok(sequences.length >= 600, `${sequences.length} sequences`);
  const titles = sequences.map(nameOf);
  t.same(
    titles.filter((title, at) => titles.indexOf(title) !== at),
    [],
    'no case stands twice',
  );
  t.end();
});

function nameOf({ clause, title }: SequenceCase): string {
  return `[${clause}] ${title}`;
}

function closesFirst(sequence: SequenceCase): boolean {
  return sequence.steps.includes('x');
}

/** What the guard says to everything that the first client sends on its last connection. */
function faultOf(sequence: SequenceCase, names: Names): string | undefined {
  let guard = guardOf();
  for (const step of stepsOf(sequence).filter(({ client }) => client === '')) {
    if (step.action === 'drop') guard = guardOf();
    if (step.text.includes('????')) names.captured.push(Buffer.from([0, 1]));
    if (step.action !== 'send') continue;
    for (const packet of encodePackets(step.text, names)) {
      guard.release();
      guard.feed(packet);
    }
  }
  return guard.fault?.reason;
}

function guardOf(): DecodeGuard {
  return new DecodeGuard({
    pass: () => undefined,
    connect: () => undefined,
    submission: () => undefined,
    answered: () => 'pass',
    filters: () => undefined,
  });
}

async function inTime(played: Promise<string | undefined>): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve('nothing came in time'), CASE_MS_MAX);
  });
  const difference = await Promise.race([played, late]);
  clearTimeout(timer);
  return difference;
}
