/** The verbs about prices that the store sets itself. */
import type { Clock } from '../../protocol/clock.ts';
import { readOverride, readWithdrawal } from '../prices/override-request.ts';
import type { PriceDesk } from '../prices/price-desk.ts';
import type { Verb, VerbTable } from './verbs.ts';

export interface PriceParts {
  prices: () => Pick<PriceDesk, 'list' | 'set' | 'withdraw'>;
  /** Tells devices, where some may listen. */
  announce?: () => void;
}

type PriceVerb = Extract<Verb, `price.${string}`>;

export function priceVerbs(
  options: PriceParts & { clock: Clock; currency: () => string },
): Pick<VerbTable, PriceVerb> {
  const { prices, announce, clock } = options;
  const inStore = <T extends { currency: string }>(words: T): T =>
    // Without one it is the store's.
    words.currency === '' ? { ...words, currency: options.currency() } : words;
  return {
    'price.list': async () => ({ overrides: await prices().list() }),
    'price.set': async (words) => {
      const override = await prices().set(readOverride(inStore(words), clock.wallMs()));
      announce?.();
      return override;
    },
    'price.withdraw': async (words) => {
      const override = await prices().withdraw(readWithdrawal(inStore(words)));
      announce?.();
      return override;
    },
  };
}
