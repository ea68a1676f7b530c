/**
 * The collections of a feed by name, without the form of their documents (documents.ts): commands
 * that only name them start without the library of schemas.
 */

type CollectionFacts = {
  id: string | undefined;
  shown: 'all' | 'id' | 'none';
  writer: 'people' | 'headquarters';
};

/**
 * Every collection of this release: the member that is a document's id; whether devices hear of its
 * documents (`id` alone where only that); and whether people publish it, or headquarters alone does.
 */
export const COLLECTION_FACTS = {
  item: { id: 'itemId', shown: 'all', writer: 'people' },
  price: { id: undefined, shown: 'all', writer: 'people' },
  tax: { id: 'taxCode', shown: 'all', writer: 'people' },
  member: { id: 'memberId', shown: 'id', writer: 'people' },
  level: { id: 'levelId', shown: 'all', writer: 'people' },
  coupon: { id: 'couponId', shown: 'all', writer: 'people' },
  store: { id: 'storeId', shown: 'all', writer: 'people' },
  config: { id: undefined, shown: 'none', writer: 'people' },
  device: { id: 'deviceId', shown: 'none', writer: 'people' },
  role: { id: 'roleId', shown: 'none', writer: 'people' },
  command: { id: 'commandId', shown: 'none', writer: 'people' },
  grant: { id: 'grantId', shown: 'none', writer: 'headquarters' },
  supply: { id: 'pool', shown: 'none', writer: 'headquarters' },
  conflict: { id: 'conflictId', shown: 'none', writer: 'headquarters' },
} as const satisfies Record<string, CollectionFacts>;

export type Collection = keyof typeof COLLECTION_FACTS;
export const COLLECTION_NAMES = Object.keys(COLLECTION_FACTS) as Collection[];

export function isCollection(name: unknown): name is Collection {
  return typeof name === 'string' && Object.hasOwn(COLLECTION_FACTS, name);
}
