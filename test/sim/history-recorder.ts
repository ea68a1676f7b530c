/** Tells the histories which root each commit of one ledger led to, and from which. */
import { encodeBase64 } from '../../protocol/log/base64.ts';
import { rootAt } from '../../protocol/log/merkle.ts';
import type { LedgerView } from '../../daemon/ledger/ledger-port.ts';
import type { Histories } from './note-watch.ts';

export class HistoryRecorder {
  readonly #histories: Histories;
  /** What was told of each log. */
  readonly #told = new Map<string, { size: number; root: string }>();

  constructor(histories: Histories) {
    this.#histories = histories;
  }

  /** The ledger is another one from now on. */
  forget(): void {
    this.#told.clear();
  }

  record(view: LedgerView): void {
    for (const { epoch, origin, size } of view.epochs()) {
      const known = this.#told.get(origin) ?? { size: 0, root: '' };
      if (known.size >= size) continue;
      const nodes = view.nodes(epoch);
      let before = known.root;
      for (let at = known.size + 1; at <= size; at += 1) {
        const root = encodeBase64(rootAt(at, nodes));
        this.#histories.committed(at, root, before);
        before = root;
      }
      this.#told.set(origin, { size, root: before });
    }
  }
}
