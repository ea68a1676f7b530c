/**
 * The documents of a feed, by collection: their form, once. What a store sells by (item, price, tax),
 * whom it knows (member, level), what it takes off (coupon) and what it is (store). A reader checks
 * every document itself, whoever signed the feed; members are only ever added, and a later
 * `schemaVersion` says that an older reader would misunderstand. Rights (grant, supply) are in
 * right-documents.ts, what concerns gateways (config, device, role, command) in gateway-documents.ts.
 */
import Type from 'typebox';
import type { Static, TSchema } from 'typebox';
import { SCALE_MAX } from '../scaled.ts';
import { COLLECTION_FACTS } from './collections.ts';
import type { Collection } from './collections.ts';
import { conflictDocument } from './conflict-document.ts';
import {
  CLOSED,
  CODES_MAX,
  NAME_CHARACTERS_MAX,
  codes,
  currency,
  documentId,
  names,
  scaled,
  storeId,
  time,
  unit,
} from './document-parts.ts';
import {
  commandDocument,
  configDocument,
  deviceDocument,
  roleDocument,
} from './gateway-documents.ts';
import { grantDocument, supplyDocument } from './right-documents.ts';

/** The form of documents that this release understands. */
export const FEED_SCHEMA_VERSION = 1;

const ZONES_MAX = 64;

const embedded = Type.Object(
  {
    prefix: Type.String({
      description: 'The leading digits of the label that name the item; begins with 2.',
      pattern: '^2[0-9]{1,10}$',
    }),
    holds: Type.Enum(['price', 'weight'], { description: 'What the label carries.' }),
    digits: Type.Integer({
      description: 'How many digits, directly before the check digit.',
      minimum: 1,
      maximum: 10,
    }),
    scale: Type.Integer({
      description: 'How many of them are behind the point.',
      minimum: 0,
      maximum: SCALE_MAX,
    }),
  },
  { ...CLOSED, description: 'Labels of scales: a price or a weight inside a GTIN-13.' },
);

const item = Type.Object(
  {
    itemId: documentId('The SKU.'),
    names,
    gtins: Type.Optional(
      Type.Array(Type.String({ pattern: '^([0-9]{8}|[0-9]{12,14})$' }), {
        description: 'GTIN-8, -12, -13 or -14 with the check digit.',
        maxItems: CODES_MAX,
        uniqueItems: true,
      }),
    ),
    codes: codes('Other codes by which it is found, such as a PLU.'),
    taxCode: Type.Optional(documentId('A document of the collection tax.')),
    unit,
    embedded: Type.Optional(embedded),
  },
  CLOSED,
);

const scope = Type.Object(
  {
    zone: Type.Optional(storeId('The zone it counts in; stores name theirs.')),
    store: Type.Optional(storeId('The store it counts in.')),
  },
  { ...CLOSED, description: 'Where it counts; absent is the whole chain.' },
);

const price = Type.Object(
  {
    itemId: documentId('The item.'),
    currency,
    amount: scaled('Price of one unit in major units of the currency; zero or more.'),
    scope: Type.Optional(scope),
    from: time('From when it counts; absent is since ever.'),
    to: time('Until when, exclusive; absent is without end.'),
  },
  CLOSED,
);

const tax = Type.Object(
  {
    taxCode: documentId('The code that items name.'),
    rate: scaled('The rate as a fraction: 20 % is value 20, scale 2.', 0),
    included: Type.Optional(Type.Boolean({ description: 'Whether prices contain it.' })),
    names: Type.Optional(names),
  },
  CLOSED,
);

const member = Type.Object(
  {
    memberId: documentId('The member.'),
    name: Type.Optional(Type.String({ minLength: 1, maxLength: NAME_CHARACTERS_MAX })),
    levelId: Type.Optional(documentId('A document of the collection level.')),
    cards: codes('Cards and other codes by which the member is found.'),
    points: Type.Optional(
      Type.Integer({
        description: 'The balance when this was published; for showing, not for spending.',
        minimum: Number.MIN_SAFE_INTEGER,
        maximum: Number.MAX_SAFE_INTEGER,
      }),
    ),
  },
  CLOSED,
);

const level = Type.Object({ levelId: documentId('The level.'), names }, CLOSED);

const coupon = Type.Object(
  {
    couponId: documentId('The campaign.'),
    names,
    codes: codes('Codes by which it is found.'),
    amount: Type.Optional(scaled('What it takes off, in major units of the currency.', 0)),
    currency: Type.Optional(currency),
    rate: Type.Optional(scaled('What part it takes off: 10 % is value 10, scale 2.', 0)),
    from: time('From when it counts.'),
    to: time('Until when, exclusive.'),
    cap: Type.Optional(
      Type.Integer({
        description: 'How often it may be used in the whole chain; each use needs a right.',
        minimum: 0,
        maximum: Number.MAX_SAFE_INTEGER,
      }),
    ),
    singleUse: Type.Optional(
      Type.Boolean({ description: 'Whether every code of it counts once; not with a cap.' }),
    ),
    withoutGrant: Type.Optional(
      Type.Integer({
        description:
          'Of a single-use coupon: how many codes a gateway may take without a right; 0 denies.',
        minimum: 0,
        maximum: 1_000_000,
        default: 0,
      }),
    ),
  },
  CLOSED,
);

const store = Type.Object(
  {
    storeId: storeId('The store, as its gateways are called after.'),
    zones: Type.Optional(
      Type.Array(storeId('A zone that prices name.'), { maxItems: ZONES_MAX, uniqueItems: true }),
    ),
  },
  CLOSED,
);

/** The form of the documents of every collection, beside what collections.ts says of it. */
export const COLLECTIONS = {
  item: { ...COLLECTION_FACTS.item, schema: item },
  price: { ...COLLECTION_FACTS.price, schema: price },
  tax: { ...COLLECTION_FACTS.tax, schema: tax },
  member: { ...COLLECTION_FACTS.member, schema: member },
  level: { ...COLLECTION_FACTS.level, schema: level },
  coupon: { ...COLLECTION_FACTS.coupon, schema: coupon },
  store: { ...COLLECTION_FACTS.store, schema: store },
  config: { ...COLLECTION_FACTS.config, schema: configDocument },
  device: { ...COLLECTION_FACTS.device, schema: deviceDocument },
  role: { ...COLLECTION_FACTS.role, schema: roleDocument },
  command: { ...COLLECTION_FACTS.command, schema: commandDocument },
  grant: { ...COLLECTION_FACTS.grant, schema: grantDocument },
  supply: { ...COLLECTION_FACTS.supply, schema: supplyDocument },
  conflict: { ...COLLECTION_FACTS.conflict, schema: conflictDocument },
} as const satisfies Record<Collection, { schema: TSchema }>;

export type Item = Static<typeof item>;
export type Price = Static<typeof price>;
export type Tax = Static<typeof tax>;
export type Member = Static<typeof member>;
export type Level = Static<typeof level>;
export type Coupon = Static<typeof coupon>;
export type Store = Static<typeof store>;
/** The form of the documents of each collection. */
export type DocumentOf = { [C in Collection]: Static<(typeof COLLECTIONS)[C]['schema']> };
export type FeedDocument = DocumentOf[Collection];

/**
 * The id of a document. A price has none of its own: it stands for an item, a place, a currency and a
 * beginning, and another one for the same takes its place. So does a key of the configuration.
 */
export function documentIdOf(collection: Collection, document: FeedDocument): string {
  const { id } = COLLECTIONS[collection];
  if (id !== undefined) return String((document as Record<string, unknown>)[id]);
  if (collection === 'config') {
    const { gateway = '', key } = document as DocumentOf['config'];
    return `${gateway}/${key}`;
  }
  const { itemId, currency: money, scope: where, from } = document as Price;
  const place =
    where?.store !== undefined
      ? `s:${where.store}`
      : where?.zone !== undefined
        ? `z:${where.zone}`
        : '';
  return [itemId, money, place, from ?? ''].join('/');
}
