/**
 * A configuration file as text with places: the YAML document, which keeps comments when it is
 * written back, and the line on which each key stands.
 */
import { isMap, isPair, isScalar, LineCounter, parseDocument, visit } from 'yaml';
import type { Document } from 'yaml';

export interface Place {
  /** Both from 1. */
  line: number;
  column: number;
}

export interface SyntaxProblem extends Place {
  message: string;
}

export class ConfigSource {
  readonly document: Document;
  readonly #lines = new LineCounter();

  constructor(text: string) {
    this.document = parseDocument(text, {
      lineCounter: this.#lines,
      uniqueKeys: true,
      prettyErrors: false,
      merge: false,
    });
  }

  syntaxProblems(): SyntaxProblem[] {
    const told = [...this.document.errors, ...this.document.warnings].map((error) => ({
      ...this.#placeAt(error.pos[0]),
      message: error.message,
    }));
    return [...told, ...this.#aliases()];
  }

  /** Nobody needs them here, and a few lines of them expand to gigabytes. */
  #aliases(): SyntaxProblem[] {
    const found: SyntaxProblem[] = [];
    visit(this.document, {
      Alias: (_key, { source, range }) => {
        const message = `Aliases are not taken here (*${source})`;
        found.push({ ...this.#placeAt(range?.[0] ?? 0), message });
      },
    });
    return found;
  }

  /** The plain value; an empty file is an empty map. */
  value(): unknown {
    return this.document.toJS({ maxAliasCount: 0 }) ?? {};
  }

  /** Where `path` stands; for a key that is not there, where its nearest parent stands. */
  placeOf(path: readonly string[]): Place {
    for (let length = path.length; length > 0; length -= 1) {
      const offset = this.#offsetOf(path.slice(0, length));
      if (offset !== undefined) return this.#placeAt(offset);
    }
    return { line: 1, column: 1 };
  }

  #offsetOf(path: readonly string[]): number | undefined {
    const parent =
      path.length === 1 ? this.document.contents : this.document.getIn(path.slice(0, -1), true);
    const key = path.at(-1);
    if (isMap(parent)) {
      const pair = parent.items.find(
        (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === key,
      );
      return isScalar(pair?.key) ? pair.key.range?.[0] : undefined;
    }
    const node = this.document.getIn(path.map(position), true);
    return isScalar(node) ? node.range?.[0] : undefined;
  }

  #placeAt(offset: number): Place {
    const { line, col } = this.#lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  }
}

const position = (key: string): string | number => (/^\d+$/.test(key) ? Number(key) : key);
