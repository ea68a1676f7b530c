/**
 * A folder of the simulated disk. Names are durable once the folder is synced; until then a power cut
 * lets each change of names (made, renamed, removed) have happened or not, a rename always whole.
 */
import type { SimulatedFile } from './simulated-file.ts';
import type { Survival } from './simulated-file.ts';

export type SimulatedNode = SimulatedFile | SimulatedFolder;

type NameChange = readonly (readonly [name: string, node: SimulatedNode | undefined])[];

export class SimulatedFolder {
  readonly kind = 'folder';
  #names = new Map<string, SimulatedNode>();
  #onMedium = new Map<string, SimulatedNode>();
  #unsynced: NameChange[] = [];

  get(name: string): SimulatedNode | undefined {
    return this.#names.get(name);
  }

  names(): string[] {
    return [...this.#names.keys()].sort();
  }

  usedBytes(): number {
    let sum = 0;
    for (const node of this.#names.values()) {
      sum += node.kind === 'file' ? node.length : node.usedBytes();
    }
    return sum;
  }

  change(change: NameChange): void {
    applyNames(this.#names, change);
    this.#unsynced.push(change);
  }

  sync(): void {
    for (const change of this.#unsynced) applyNames(this.#onMedium, change);
    this.#unsynced = [];
  }

  /**
   * The names wait on. A file system with a journal writes them later, or writes nothing at all any
   * more; none shows a name for good that every later sync passes over, as it happens to a file's pages.
   */
  failSync(): void {
    // A power cut may still take them.
  }

  /** The same, with what is not on the medium yet. */
  copy(): SimulatedFolder {
    const copies = new Map<SimulatedNode, SimulatedNode>();
    const copyOf = (node: SimulatedNode): SimulatedNode => {
      const copy = copies.get(node) ?? node.copy();
      copies.set(node, copy);
      return copy;
    };
    const copyNames = (names: Map<string, SimulatedNode>): Map<string, SimulatedNode> =>
      new Map([...names].map(([name, node]) => [name, copyOf(node)]));
    const folder = new SimulatedFolder();
    folder.#names = copyNames(this.#names);
    folder.#onMedium = copyNames(this.#onMedium);
    folder.#unsynced = this.#unsynced.map((change) =>
      change.map(([name, node]) => [name, node && copyOf(node)] as const),
    );
    return folder;
  }

  afterPowerCut(survival: Survival, random: () => number): SimulatedFolder {
    const names = new Map(this.#onMedium);
    for (const change of this.#unsynced) {
      if (survival === 'all' || (survival === 'some' && random() < 0.5)) applyNames(names, change);
    }
    const left = new SimulatedFolder();
    for (const [name, node] of names) left.#names.set(name, node.afterPowerCut(survival, random));
    left.#onMedium = new Map(left.#names);
    return left;
  }
}

function applyNames(names: Map<string, SimulatedNode>, change: NameChange): void {
  for (const [name, node] of change) {
    if (node === undefined) names.delete(name);
    else names.set(name, node);
  }
}
