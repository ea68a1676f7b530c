/**
 * What other systems call, as an OpenAPI document: publishing, reading of feeds, commands, rights, and
 * what stores did. The forms of documents are those that a publication is judged by, so the two cannot
 * differ.
 */
import { jsonAnswer } from '../../platform/http/http-server.ts';
import type { HttpRoute } from '../../platform/http/http-server.ts';
import { PRODUCT_VERSION } from '../../platform/product-version.ts';
import { COLLECTION_NAMES } from '../../protocol/feed/collections.ts';
import { COLLECTIONS } from '../../protocol/feed/documents.ts';
import { VIEW_PATHS } from './views-document.ts';
import { rightsPaths, rightsSchemas } from './rights-document.ts';

export function apiDocumentRoute(): Record<string, HttpRoute> {
  return { '/api/openapi.json': () => jsonAnswer(200, apiDocument()) };
}

const TEXT = { type: 'string' };
const WRITTEN = COLLECTION_NAMES.filter((name) => COLLECTIONS[name].writer === 'people');

const parameter = (name: string, schema: object, where = 'query'): object => ({
  ...{ name, in: where, schema, required: where === 'path' },
});
const answer = (description: string, schema: object): object => ({
  description,
  content: { 'application/json': { schema } },
});
const reference = (name: string): object => ({ $ref: `#/components/schemas/${name}` });

const PAGE = [
  parameter('after', TEXT),
  parameter('limit', { type: 'integer', minimum: 1, maximum: 1_000, default: 100 }),
];
const FAILURES = {
  '400': answer('It was asked in a way that cannot be.', reference('error')),
  '401': answer('The token is missing or wrong.', reference('error')),
  '409': answer('Another publication is under way.', reference('error')),
  '413': answer('The body is too large.', reference('error')),
};

export function apiDocument(): object {
  return {
    openapi: '3.1.0',
    info: { title: 'Tillgate headquarters', version: PRODUCT_VERSION },
    paths: { ...feedPaths(), ...commandPaths(), ...rightsPaths(), ...VIEW_PATHS },
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      schemas: { ...documentSchemas(), ...answerSchemas(), ...rightsSchemas() },
    },
  };
}

function feedPaths(): object {
  const change = { type: 'array', items: reference('change') };
  const page = { responses: { '200': answer('Documents by id.', reference('page')) } };
  const [chain, store, collection] = ['chain', 'store', 'collection'].map((name) =>
    parameter(name, name === 'collection' ? { enum: COLLECTION_NAMES } : TEXT, 'path'),
  );
  return {
    '/api/feeds/publish': {
      post: {
        summary: 'Publishes everything or nothing.',
        security: [{ token: [] }],
        parameters: [
          ...[parameter('chain', TEXT), parameter('store', TEXT)],
          parameter('collection', { enum: WRITTEN }),
          parameter('dryRun', { type: 'boolean', default: false }),
        ],
        requestBody: {
          required: true,
          content: {
            'application/json': { schema: change },
            'application/x-ndjson': { schema: TEXT },
            'text/csv': { schema: TEXT },
          },
        },
        responses: {
          '200': answer('Published, tried, or as it was.', reference('report')),
          '422': answer('Something is wrong; nothing was written.', reference('report')),
          ...FAILURES,
        },
      },
    },
    '/api/feeds/{chain}/{collection}': {
      get: { parameters: [chain, collection, ...PAGE], ...page },
    },
    '/api/feeds/{chain}/{store}/{collection}': {
      get: { parameters: [chain, store, collection, ...PAGE], ...page },
    },
  };
}

function commandPaths(): object {
  const list = { type: 'object', properties: { commands: { type: 'array' } } };
  return {
    '/api/commands': {
      get: { responses: { '200': answer('All, with what gateways answered.', list) } },
      post: {
        summary: 'Tells gateways to do something, once.',
        security: [{ token: [] }],
        requestBody: {
          required: true,
          content: { 'application/json': { schema: reference('commandRequest') } },
        },
        responses: { '201': answer('Sent.', { type: 'object' }), ...FAILURES },
      },
    },
    '/api/commands/{commandId}': {
      get: {
        parameters: [parameter('commandId', TEXT, 'path')],
        responses: { '200': answer('One, with what was fetched.', { type: 'object' }) },
      },
    },
  };
}

function documentSchemas(): object {
  const forms = COLLECTION_NAMES.map((name): [string, object] => {
    return [`document.${name}`, COLLECTIONS[name].schema];
  });
  const puts = WRITTEN.map((name) => ({
    type: 'object',
    properties: { op: { const: 'put' }, collection: { const: name }, document: documentOf(name) },
    required: ['collection', 'document'],
  }));
  const remove = {
    type: 'object',
    properties: { op: { const: 'delete' }, collection: { enum: WRITTEN }, id: TEXT },
    required: ['op', 'collection', 'id'],
  };
  return { ...Object.fromEntries(forms), change: { oneOf: [...puts, remove] } };
}

const documentOf = (name: string): object => reference(`document.${name}`);

function answerSchemas(): object {
  const count = { type: 'integer', minimum: 0 };
  const line = { line: count, code: TEXT, path: TEXT, message: TEXT };
  const problems = { type: 'array', items: { type: 'object', properties: line } };
  const feed = { type: ['object', 'null'], properties: { origin: TEXT, size: count } };
  const flags = { isDryRun: { type: 'boolean' }, isPublished: { type: 'boolean' } };
  const counts = { changed: count, unchanged: count, problemsOmitted: count };
  const shown = { id: TEXT, entry: count, document: { type: 'object' } };
  const documents = { type: 'array', items: { type: 'object', properties: shown } };
  const names = ['chain', 'store', 'gateway', 'peripheralId', 'level'];
  const texts = names.map((name): [string, object] => [name, TEXT]);
  const action = { enum: ['restartPeripheral', 'fetchDiagnostics', 'setLogLevel'] };
  const request = { ...Object.fromEntries(texts), action, minutes: { ...count, minimum: 1 } };
  return {
    report: { type: 'object', properties: { chain: TEXT, ...flags, ...counts, problems, feed } },
    page: { type: 'object', properties: { documents, next: { type: ['string', 'null'] } } },
    error: { type: 'object', properties: { code: TEXT, message: TEXT, hint: TEXT } },
    commandRequest: { type: 'object', properties: request, required: ['action'] },
  };
}
