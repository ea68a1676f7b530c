/** `tillgate hq store list`: the logs that headquarters keeps, and the gateways it waits for. */
import { hqPaths } from '../../config/paths.ts';
import type { StoreHead } from '../../hq/control/list-stores.ts';
import type { Command } from '../command.ts';

export const hqStoreList: Command = {
  words: 'hq store list',
  summary: 'list the logs that headquarters keeps',
  async run(context) {
    const { askHq } = await import('../../hq/control/hq-call.ts');
    const { readStores } = await import('../../hq/control/list-stores.ts');
    const { loadHqConfig } = await import('../../hq/control/hq-settings.ts');
    const paths = hqPaths(context.home);
    const config = loadHqConfig(paths);
    const asked = (await askHq(paths, '/api/stores')) as { stores: StoreHead[] } | undefined;
    const stores = asked?.stores ?? (await readStores(paths, config));
    context.output.result({ stores }, table(stores));
    return undefined;
  },
};

function table(stores: readonly StoreHead[]): string {
  if (stores.length === 0) return 'No stores yet.';
  return stores
    .map(({ origin, size, state }) =>
      state === 'kept' ? `${origin}  ${size} entries` : `${origin}  never came yet`,
    )
    .join('\n');
}
