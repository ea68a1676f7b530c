/**
 * What headquarters says to this gateway, read from the copy of the feeds: keys of the configuration,
 * devices, roles and commands. The feed of the store stands before the chain's, and within a feed a
 * document for this gateway before one for all. Relies on feeds.db holding checked documents.
 */
import { FeedReader } from '../../platform/feeds/feed-reader.ts';
import { isFeedDamage } from '../../platform/feeds/feed-file.ts';
import { existsSync } from 'node:fs';
import type { Collection } from '../../protocol/feed/collections.ts';
import type { DocumentOf } from '../../protocol/feed/documents.ts';
import type { FeedScope } from '../../protocol/feed/feed-origin.ts';

/** A document, where it stands, and how particular it is. */
export type Placed<C extends Collection> = {
  document: DocumentOf[C];
  origin: string;
  entry: number;
  scope: FeedScope;
  rank: number;
};

export type HqWords = {
  /** Feeds in force: what is missing in one that is not was not taken back. */
  scopes: readonly FeedScope[];
  config: readonly Placed<'config'>[];
  devices: readonly Placed<'device'>[];
  roles: readonly Placed<'role'>[];
  commands: readonly Placed<'command'>[];
};

/** Per collection and feed; a chain that says more to each gateway by name has feeds of stores. */
const DOCUMENTS_MAX = 20_000;
/** From here on documents are those of the store's feed. */
const STORE_RANK = 2;

export function scopeOfRank(rank: number): FeedScope {
  return rank >= STORE_RANK ? 'store' : 'chain';
}

/** Undefined while there is no copy of any feed that can be read. */
export function readHqWords(feedsFile: string, gateway: string): HqWords | undefined {
  if (!existsSync(feedsFile)) return undefined;
  let reader: FeedReader | undefined;
  try {
    const opened = new FeedReader(feedsFile);
    reader = opened;
    return opened.atOnce(() => wordsIn(opened, gateway));
  } catch (error) {
    // Its own thread finds the damage too, and fetches the feeds again.
    if (isFeedDamage(error)) return undefined;
    throw error;
  } finally {
    reader?.close();
  }
}

/** The most particular of those that share a name. */
export function mostParticular<C extends Collection>(
  placed: readonly Placed<C>[],
  nameOf: (document: DocumentOf[C]) => string,
): Map<string, Placed<C>> {
  const found = new Map<string, Placed<C>>();
  for (const one of placed) {
    const name = nameOf(one.document);
    const known = found.get(name);
    if (known === undefined || one.rank > known.rank) found.set(name, one);
  }
  return found;
}

function wordsIn(reader: FeedReader, gateway: string): HqWords {
  const feeds = reader.feeds();
  const all = <C extends Collection>(collection: C): Placed<C>[] =>
    feeds.flatMap(({ generation, origin, scope }) =>
      reader.all(generation, collection, DOCUMENTS_MAX).flatMap(({ entry, body }) => {
        const document = JSON.parse(body) as DocumentOf[C];
        const only = (document as { gateway?: string }).gateway;
        if (only !== undefined && only !== gateway) return [];
        const rank = (scope === 'store' ? STORE_RANK : 0) + (only === undefined ? 0 : 1);
        return [{ document, origin, entry, scope, rank }];
      }),
    );
  return {
    scopes: feeds.map(({ scope }) => scope),
    config: all('config'),
    devices: all('device'),
    roles: all('role'),
    commands: all('command'),
  };
}
