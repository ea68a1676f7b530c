import t from 'tap';
import { GatewayReports } from './gateway-reports.ts';

const G1 = { chain: 'acme', store: 's1', gateway: 'g1' };
const ORIGIN = 'hq.example.com/acme/s1/g1/e1';

void t.test('a gateway has reported when all that it showed is here', (t) => {
  const reports = new GatewayReports();
  reports.kept(ORIGIN, 9);
  t.notOk(reports.isReported(G1), 'it has shown nothing yet');
  reports.shown(ORIGIN, 12, 9);
  reports.kept(ORIGIN, 11);
  t.strictSame(reports.complete(), []);
  reports.kept(ORIGIN, 12);
  t.strictSame(reports.complete(), [G1]);
  t.notOk(reports.isReported({ ...G1, gateway: 'g2' }));
  reports.shown('hq.example.com/acme/s1/g2/e3-0a0b0c0d', 4, 4);
  t.ok(reports.isReported({ ...G1, gateway: 'g2' }));
  t.end();
});

void t.test('what else has to come back is waited for', (t) => {
  const reports = new GatewayReports();
  let isHere = false;
  reports.alsoNeeds(({ store }) => store === 's1' && isHere);
  reports.shown(ORIGIN, 0, 0);
  t.strictSame(reports.complete(), []);
  isHere = true;
  t.strictSame(reports.complete(), [G1]);
  t.end();
});
