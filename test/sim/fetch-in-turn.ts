/** Fetches one after the other, as the uplink's client does for the main thread. */
import type { FetchFromHq } from '../../daemon/epochs/recovery.ts';
import type { FetchResult } from '../../daemon/uplink/fetch-result.ts';
import type { Uplink } from '../../daemon/uplink/uplink.ts';

export function fetchInTurn(uplink: Uplink): FetchFromHq {
  let before: Promise<unknown> = Promise.resolve();
  return (request) => {
    const result = before.then(
      () =>
        new Promise<FetchResult>((resolve) => {
          uplink.fetch(request, resolve);
        }),
    );
    before = result;
    return result;
  };
}
