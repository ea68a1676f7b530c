/** Goal: the follower leaves the processor to tills, the more the faster they sell. */
import t from 'tap';
import { mentionsStock } from './mentions-stock.ts';
import { StockPace } from './stock-pace.ts';

void t.test('it rests as long as it works, and nine times as long in a flood', (t) => {
  const pace = new StockPace();
  let nowMs = 0;
  let total = 0;
  const rest = (perSecond: number): number => {
    nowMs += 500;
    total += perSecond / 2;
    return pace.rest(10, { total, nowMs });
  };
  t.equal(rest(0), 10);
  t.equal(rest(50), 10);
  t.equal(rest(5_000), 90);
  t.equal(pace.rest(10, { total, nowMs: nowMs + 1 }), 90, 'until the next window');
  t.equal(pace.rest(900, { total, nowMs: nowMs + 2 }), 1_000, 'and never for long');
  t.equal(rest(50), 10);
  t.end();
});

void t.test('what may be about stock is seen, signed or not', (t) => {
  const movement = Buffer.from('{"type":"adjustment","stock":{"movement":"count"}}');
  t.ok(mentionsStock(movement));
  t.notOk(mentionsStock(Buffer.from('{"type":"sale","lines":[]}')));
  t.notOk(mentionsStock(Buffer.alloc(0)));
  t.ok(mentionsStock(Buffer.from(`eyJ9.${movement.toString('base64url')}.c2ln`)));
  t.notOk(mentionsStock(Buffer.from(`eyJ9.${Buffer.from('{}').toString('base64url')}.c2ln`)));
  t.notOk(mentionsStock(Buffer.from('eyJ9')));
  t.end();
});
