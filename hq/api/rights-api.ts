/**
 * Rights over HTTP, for the online shop and whoever watches pools; writing takes the token.
 *
 *     GET  /api/pools?chain=                      every pool, and what rights wait for
 *     GET  /api/pools/{pool}?chain=               one, with its grants; as /api/pools/stock:s1/tea
 *     POST /api/promises                          {promiseId, chain, store, itemId, quantity: {value, scale}}
 *     POST /api/promises/{id}/release | collect   ends it
 *     GET  /api/promises/{id}, /api/spends/{id}
 *     POST /api/spends                            {spendId, chain, pool, amount}
 *
 * 201 says that it was done now, 200 that the same id said the same before; 409 that there is not
 * enough, or that the id is another's; 503 that rights are locked, and to try again. `chain` may be
 * absent where there is one.
 */
import { jsonAnswer } from '../../platform/http/http-server.ts';
import type { HttpAnswer, HttpMethods, HttpRoute } from '../../platform/http/http-server.ts';
import { TillgateError } from '../../protocol/errors.ts';
import { isJsonObject } from '../../protocol/json/json-value.ts';
import type { Json, JsonObject } from '../../protocol/json/json-value.ts';
import type { OnlineSpend } from '../../protocol/rights/pool-book.ts';
import { STOCK_RIGHT_SCALE, poolKind, stockPool } from '../../protocol/rights/pool.ts';
import { SCALE_MAX } from '../../protocol/scaled.ts';
import type { RightsDesk, Said } from '../rights/rights-desk.ts';

export type RightsApiParts = {
  rights: RightsDesk;
  /** The chain that is named, or the only one. */
  chainOf: (named: string | undefined) => Promise<string>;
};

const ENDS = { release: 'released', collect: 'collected' } as const;

export function rightsRoutes(parts: RightsApiParts): Record<string, HttpRoute | HttpMethods> {
  const { rights } = parts;
  return {
    '/api/pools': async (url) => {
      const named = url.searchParams.get('chain') ?? undefined;
      return jsonAnswer(200, { chains: await rights.pools(named) });
    },
    '/api/pools/': async (url) => {
      const name = url.pathname.slice('/api/pools/'.length).split('/').map(decoded).join('/');
      return jsonAnswer(200, await rights.pool(await chainIn(parts, url), name));
    },
    '/api/promises': {
      POST: {
        body: 'json',
        run: (_url, body) => promised(parts, new Given(body, PROMISE)),
      },
    },
    '/api/promises/': {
      GET: (url) => shown(parts, url, '/api/promises/'),
      POST: { body: 'none', run: (url) => ended(parts, url) },
    },
    '/api/spends': {
      POST: {
        body: 'json',
        run: (_url, body) => spent(parts, new Given(body, SPEND)),
      },
    },
    '/api/spends/': (url) => shown(parts, url, '/api/spends/'),
  };
}

async function promised({ rights, chainOf }: RightsApiParts, given: Given): Promise<HttpAnswer> {
  const chain = await chainOf(given.optional('chain'));
  const pool = stockPool(given.text('store'), given.text('itemId'));
  const asked = { id: given.text('promiseId'), pool, amount: given.stockAmount() };
  return said(chain, await rights.online(chain, { ...asked, kind: 'promise' }));
}

async function spent({ rights, chainOf }: RightsApiParts, given: Given): Promise<HttpAnswer> {
  const chain = await chainOf(given.optional('chain'));
  const pool = given.text('pool');
  if (poolKind(pool) === 'stock') throw usage('/pool', 'stock is promised, not spent');
  const asked = { id: given.text('spendId'), pool, amount: given.whole('amount') };
  return said(chain, await rights.online(chain, { ...asked, kind: 'spend' }));
}

async function ended(parts: RightsApiParts, url: URL): Promise<HttpAnswer> {
  const [id = '', what = '', ...more] = url.pathname.slice('/api/promises/'.length).split('/');
  const end = Object.hasOwn(ENDS, what) ? ENDS[what as keyof typeof ENDS] : undefined;
  if (end === undefined || more.length > 0) {
    throw new TillgateError('HQ_NOT_FOUND', 'A promise is ended by /release or /collect.');
  }
  const chain = await chainIn(parts, url);
  const spend = await parts.rights.end(chain, decoded(id), end);
  return jsonAnswer(200, { chain, ...answerOf(spend) });
}

async function shown(parts: RightsApiParts, url: URL, prefix: string): Promise<HttpAnswer> {
  const chain = await chainIn(parts, url);
  const spend = await parts.rights.spend(chain, decoded(url.pathname.slice(prefix.length)));
  return jsonAnswer(200, { chain, ...answerOf(spend) });
}

function said(chain: string, { isNew, ...spend }: Said<OnlineSpend>): HttpAnswer {
  return jsonAnswer(isNew ? 201 : 200, { chain, ...answerOf(spend) });
}

function answerOf({ id, kind, pool, amount, state }: OnlineSpend): object {
  const name = kind === 'promise' ? 'promiseId' : 'spendId';
  return { [name]: id, pool, amount, state };
}

function chainIn({ chainOf }: RightsApiParts, url: URL): Promise<string> {
  return chainOf(url.searchParams.get('chain') ?? undefined);
}

const PROMISE = ['promiseId', 'chain', 'store', 'itemId', 'quantity'];
const SPEND = ['spendId', 'chain', 'pool', 'amount'];

/** The members of a body: known ones alone, each of its form, or `USAGE` with its JSON Pointer. */
class Given {
  readonly #members: JsonObject;

  constructor(body: Json, names: readonly string[]) {
    if (!isJsonObject(body)) throw usage('', 'the body is one object');
    const unknown = Object.keys(body).find((name) => !names.includes(name));
    if (unknown !== undefined) throw usage(`/${unknown}`, 'there is no such member');
    this.#members = body;
  }

  text(name: string): string {
    const value = this.#members[name];
    if (typeof value === 'string' && value !== '') return value;
    throw usage(`/${name}`, 'a text is needed');
  }

  optional(name: string): string | undefined {
    return this.#members[name] === undefined ? undefined : this.text(name);
  }

  whole(name: string): number {
    const value = this.#members[name];
    if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
    throw usage(`/${name}`, 'a whole number is needed');
  }

  /** A quantity in thousandths of the item's unit. */
  stockAmount(): number {
    const { quantity } = this.#members;
    const { value, scale } = isJsonObject(quantity) ? quantity : {};
    const isScale = typeof scale === 'number' && Number.isInteger(scale) && scale >= 0;
    if (typeof value !== 'number' || !isScale || scale > SCALE_MAX) {
      throw usage('/quantity', 'it is {"value": whole number, "scale": 0 to 6}');
    }
    const amount = value * 10 ** (STOCK_RIGHT_SCALE - scale);
    if (Number.isSafeInteger(amount) && amount > 0) return amount;
    throw usage('/quantity', 'it is above zero and has no more than three digits behind the point');
  }
}

function usage(path: string, message: string): TillgateError {
  const hint = 'docs/rights-at-headquarters.md shows every request.';
  return new TillgateError('USAGE', `${path === '' ? 'The body' : path}: ${message}.`, { hint });
}

function decoded(word: string): string {
  try {
    return decodeURIComponent(word);
  } catch (error) {
    throw new TillgateError('USAGE', 'The path is not written as a URL.', { cause: error });
  }
}
