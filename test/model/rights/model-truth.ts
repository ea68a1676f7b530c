/**
 * What really happened, whoever knows of it: every spend that somebody was told of, once by its id.
 * The oracle compares it with what there was to spend.
 */
export class ModelTruth {
  readonly #spends = new Map<string, { pool: string; amount: number }[]>();
  readonly #released = new Set<string>();
  readonly #earned = new Map<string, number>();
  readonly #limits = new Map<string, number>();

  spend(id: string, parts: readonly { pool: string; amount: number }[]): void {
    if (!this.#spends.has(id)) this.#spends.set(id, [...parts]);
  }

  release(id: string): void {
    this.#released.add(id);
  }

  earn(pool: string, amount: number): void {
    this.#earned.set(pool, (this.#earned.get(pool) ?? 0) + amount);
  }

  supply(pool: string, amount: number): void {
    this.#limits.set(pool, amount);
  }

  /** After a restore an earlier supply may count again. */
  supplyAtLeast(pool: string, amount: number): void {
    this.#limits.set(pool, Math.max(amount, this.#limits.get(pool) ?? 0));
  }

  spent(pool: string): number {
    let sum = 0;
    for (const [id, parts] of this.#spends) {
      if (this.#released.has(id)) continue;
      for (const part of parts) if (part.pool === pool) sum += part.amount;
    }
    return sum;
  }

  limit(pool: string): number {
    return (this.#limits.get(pool) ?? 0) + (this.#earned.get(pool) ?? 0);
  }

  pools(): string[] {
    return [...new Set([...this.#limits.keys(), ...this.#earned.keys()])];
  }
}
