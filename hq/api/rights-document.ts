/** What rights-api.ts answers, as a part of the OpenAPI document. */
import { POOL_SOURCE } from '../../protocol/rights/pool.ts';

const TEXT = { type: 'string' };
const ID = { type: 'string', pattern: '^[!-.0-~]{1,64}$' };
const WHOLE = { type: 'integer', minimum: 0 };
const POOL = { type: 'string', pattern: POOL_SOURCE };
const CHAIN = { name: 'chain', in: 'query', schema: TEXT, required: false };

const answer = (description: string, schema: object): object => ({
  description,
  content: { 'application/json': { schema } },
});
const reference = (name: string): object => ({ $ref: `#/components/schemas/${name}` });
const inPath = (name: string): object => ({ name, in: 'path', schema: ID, required: true });

const FAILURES = {
  '400': answer('It was asked in a way that cannot be.', reference('error')),
  '401': answer('The token is missing or wrong.', reference('error')),
  '404': answer('There is no such pool, promise or spend.', reference('error')),
  '409': answer(
    'There is not enough, or the id is another’s; `code` says which.',
    reference('error'),
  ),
  '503': answer('Rights are locked after a start or a restore; try again.', reference('error')),
};

export function rightsPaths(): object {
  const spend = reference('onlineSpend');
  const chains = { type: 'array', items: reference('chainPools') };
  const pools = { type: 'object', properties: { chains } };
  return {
    '/api/pools': {
      get: { parameters: [CHAIN], responses: { '200': answer('Every pool.', pools) } },
    },
    '/api/pools/{pool}': {
      get: {
        parameters: [{ ...inPath('pool'), schema: POOL }, CHAIN],
        responses: { '200': answer('One, with its grants.', reference('pool')), ...FAILURES },
      },
    },
    '/api/promises': writing('Promises units of an item, once for its id.', 'promiseRequest'),
    '/api/spends': writing('Spends a coupon, points or stored value, once.', 'spendRequest'),
    '/api/promises/{id}': reading('A promise.'),
    '/api/spends/{id}': reading('A spend.'),
    ...Object.fromEntries(
      ['release', 'collect'].map((end) => [
        `/api/promises/{id}/${end}`,
        {
          post: {
            security: [{ token: [] }],
            parameters: [inPath('id'), CHAIN],
            responses: { '200': answer('It has ended so.', spend), ...FAILURES },
          },
        },
      ]),
    ),
  };
}

export function rightsSchemas(): object {
  const scaled = { type: 'object', properties: { value: WHOLE, scale: WHOLE } };
  const promise = { promiseId: ID, chain: TEXT, store: TEXT, itemId: ID, quantity: scaled };
  const spend = { spendId: ID, chain: TEXT, pool: POOL, amount: WHOLE };
  const state = { enum: ['open', 'released', 'collected', 'spent'] };
  const said = { chain: TEXT, promiseId: ID, spendId: ID, pool: POOL, amount: WHOLE, state };
  const holder = { type: 'object', properties: { holder: TEXT, rest: WHOLE } };
  const counts = { available: { type: 'integer' }, outstanding: { type: 'integer' } };
  const held = { spent: WHOLE, online: WHOLE, holders: { type: 'array', items: holder } };
  const supply = { type: ['integer', 'null'] };
  const grants = { type: 'array', items: { type: 'object' } };
  const pool = { type: 'object', properties: { pool: POOL, supply, ...counts, ...held, grants } };
  const waitsFor = { type: 'array', items: TEXT };
  const flags = { isLocked: { type: 'boolean' }, isRunning: { type: 'boolean' } };
  const lock = { type: 'object', properties: { ...flags, settlesInSeconds: WHOLE, waitsFor } };
  const pools = { type: 'array', items: reference('pool') };
  return {
    promiseRequest: { type: 'object', properties: promise, required: required(promise) },
    spendRequest: { type: 'object', properties: spend, required: required(spend) },
    onlineSpend: { type: 'object', properties: said },
    pool,
    chainPools: { type: 'object', properties: { chain: TEXT, lock, fenced: waitsFor, pools } },
  };
}

function writing(summary: string, request: string): object {
  const done = reference('onlineSpend');
  return {
    post: {
      summary,
      security: [{ token: [] }],
      requestBody: {
        required: true,
        content: { 'application/json': { schema: reference(request) } },
      },
      responses: {
        '200': answer('The same id said the same before.', done),
        '201': answer('Done now, and durable.', done),
        ...FAILURES,
      },
    },
  };
}

function reading(what: string): object {
  const responses = { '200': answer(what, reference('onlineSpend')), ...FAILURES };
  return { get: { parameters: [inPath('id'), CHAIN], responses } };
}

/** The chain may be left out where there is one. */
function required(members: object): string[] {
  return Object.keys(members).filter((name) => name !== 'chain');
}
