import t from 'tap';
import type { Candidate, DriverDefinition, Fingerprint } from './driver.ts';
import { describeMatch, matchCandidate } from './match.ts';

function driver(id: string, fingerprints: readonly Fingerprint[]): DriverDefinition {
  return {
    id,
    category: 'scale',
    title: id,
    options: { type: 'object', properties: {} },
    transports: ['serial', 'usb'],
    fingerprints,
    probes: [],
    operations: {},
    createSession: () => ({ step: () => [] }),
    createExplain: () => () => [],
  };
}

const CANDIDATE: Candidate = {
  kind: 'usb',
  address: 'usb:04b8:0e15',
  usb: {
    vendorId: '04b8',
    productId: '0e15',
    manufacturer: 'EPSON',
    product: 'TM-m30',
    interfaceClass: '07/01/02',
  },
};

const exact: Fingerprint = {
  vendorId: '04b8',
  product: /^TM-/,
  score: 90,
  evidence: 'an Epson TM printer',
  options: { profile: 'epson' },
};
const byClass: Fingerprint = {
  interfaceClass: '07/01/02',
  score: 50,
  evidence: 'a USB printer',
  options: { profile: 'generic', columns: 42 },
};

void t.test('the best fingerprint counts, all that hold are evidence', (t) => {
  const match = matchCandidate(CANDIDATE, [driver('printer', [byClass, exact])]);
  t.same(match, {
    type: 'match',
    fit: {
      driver: 'printer',
      score: 90,
      evidence: ['an Epson TM printer', 'a USB printer'],
      options: { profile: 'epson', columns: 42 },
    },
    others: [],
  });
  t.equal(describeMatch(match), 'printer (an Epson TM printer; a USB printer)');
  t.end();
});

void t.test('every given member of a fingerprint has to hold', (t) => {
  for (const wrong of [
    { kind: 'serial' },
    { vendorId: '04b9' },
    { productId: '0e16' },
    { product: /^SRP/ },
    { interfaceClass: '07/01/01' },
    { hidUsage: '8c/02' },
    { readerName: /./ },
  ] as const) {
    const fingerprint = { ...exact, ...wrong };
    t.same(matchCandidate(CANDIDATE, [driver('printer', [fingerprint])]), { type: 'none' });
  }
  t.end();
});

void t.test('a driver that cannot open it does not fit', (t) => {
  const serialOnly = { ...driver('printer', [exact]), transports: ['serial'] } as const;
  t.same(matchCandidate(CANDIDATE, [serialOnly]), { type: 'none' });
  t.end();
});

void t.test('two that fit about as well are ambiguous, and none is taken', (t) => {
  const drivers = [driver('b', [{ ...exact, score: 80 }]), driver('a', [exact])];
  const match = matchCandidate(CANDIDATE, drivers);
  t.match(match, { type: 'ambiguous', fits: [{ driver: 'a' }, { driver: 'b' }] });
  t.match(describeMatch(match), /ambiguous between a and b/);
  const clear = matchCandidate(CANDIDATE, [driver('a', [exact]), driver('b', [byClass])]);
  t.match(clear, { type: 'match', fit: { driver: 'a' }, others: [{ driver: 'b' }] });
  t.end();
});

void t.test('a chip that everybody builds in is no driver', (t) => {
  const chip = { vendorId: '04b8', score: 10, evidence: 'a USB-serial chip' };
  const match = matchCandidate(CANDIDATE, [driver('scale', [chip])]);
  t.same(match, { type: 'none' });
  t.match(describeMatch(match), /no driver is known/);
  t.end();
});
