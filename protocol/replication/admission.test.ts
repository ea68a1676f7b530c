/** Goal: an admission covers its log and the other epochs of its gateway, and nothing else. */
import t from 'tap';
import { decodeVkey } from '../log/verifier-key.ts';
import { signNote } from '../log/note.ts';
import { admittedVkey, openAdmission, signAdmission } from './admission.ts';
import { sampleSigner, SAMPLE_ORIGIN } from './fixtures/sample-log.ts';

const feed = sampleSigner('hq.example.com/hq/feed', 3);
const log = sampleSigner(SAMPLE_ORIGIN);
const admission = { origin: SAMPLE_ORIGIN, vkey: log.vkey };

void t.test('an admission comes back as it was signed', (t) => {
  t.same(openAdmission(signAdmission(admission, feed), [feed.vkey]), admission);
  t.end();
});

void t.test('another signer, or another text, admits nobody', (t) => {
  const stranger = sampleSigner('hq.example.com/hq/feed', 4);
  const note = signAdmission(admission, stranger);
  t.throws(() => openAdmission(note, [feed.vkey]), { code: 'LOG_NOTE_SIGNATURE' });
  const texts = [
    `${SAMPLE_ORIGIN}\n1\nAAAA\n`,
    `tillgate-admission/v2\n${SAMPLE_ORIGIN}\n${log.vkey}\n`,
    `tillgate-admission/v1\n${SAMPLE_ORIGIN}\n${log.vkey}\nmore\n`,
    `tillgate-admission/v1\n${SAMPLE_ORIGIN}\n${sampleSigner('other').vkey}\n`,
  ];
  for (const text of texts) {
    t.throws(() => openAdmission(signNote(text, feed), [feed.vkey]), {
      code: 'LOG_ADMISSION_INVALID',
    });
  }
  t.end();
});

void t.test('other epochs of the same gateway are covered under the same public key', (t) => {
  const next = SAMPLE_ORIGIN.replace('e1', 'e2-0a1b2c3d');
  const vkey = admittedVkey(admission, next);
  t.equal(decodeVkey(vkey ?? '').name, next);
  t.same(decodeVkey(vkey ?? '').publicKey, decodeVkey(log.vkey).publicKey);
  t.equal(admittedVkey(admission, SAMPLE_ORIGIN), log.vkey);
  t.equal(admittedVkey({ origin: next, vkey: vkey ?? '' }, SAMPLE_ORIGIN), log.vkey, 'an earlier');
  t.equal(admittedVkey(admission, next.replace('g1', 'g2')), undefined, 'another gateway');
  t.equal(admittedVkey(admission, 'nonsense'), undefined, 'nonsense');
  t.end();
});
