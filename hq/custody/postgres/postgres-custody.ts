/**
 * Custody in PostgreSQL: a resolved promise is a COMMIT with synchronous_commit on. Everything is
 * written through one connection, so that the numbers of `appends` become visible in their order;
 * two receivers on one origin are kept apart by the compare-and-swap on `log_head`.
 *
 * A connection that breaks at COMMIT leaves the outcome unknown. The caller then reads the head
 * again: either it moved or it did not, and an append that is repeated is stale, never double.
 */
import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import { TillgateError } from '../../../protocol/errors.ts';
import { EMPTY_ROOT } from '../../../protocol/log/merkle.ts';
import { must } from '../../../protocol/must.ts';
import { EVIDENCE_PER_ORIGIN_MAX } from '../custody.ts';
import type {
  Admission,
  Append,
  AppendOutcome,
  Custody,
  Evidence,
  KeptBlob,
  Life,
} from '../custody.ts';
import { openPool } from './open-pool.ts';
import { PostgresReader } from './postgres-reader.ts';
import { APPEND_SQL, CUSTODY_TABLES } from './tables.ts';

export class PostgresCustody extends PostgresReader implements Custody {
  readonly #writer: pg.Pool;

  constructor(url: string) {
    super(url);
    this.#writer = openPool(url, 1);
  }

  /** Makes the tables where they are missing. */
  static override async open(url: string): Promise<PostgresCustody> {
    const custody = new PostgresCustody(url);
    await custody.#write(CUSTODY_TABLES);
    await custody.#write(
      'INSERT INTO custody.life (incarnation) VALUES ($1) ON CONFLICT (single) DO NOTHING',
      [randomBytes(16).toString('hex')],
    );
    await custody.readLives();
    return custody;
  }

  async admit(admission: Admission): Promise<void> {
    await this.#write(
      `WITH admitted AS (
         INSERT INTO custody.logs (origin, log_vkey, admission) VALUES ($1, $2, $3)
         ON CONFLICT (origin) DO NOTHING RETURNING origin_id)
       INSERT INTO custody.log_head (origin_id, size, root) SELECT origin_id, 0, $4 FROM admitted`,
      [admission.origin, admission.logVkey, admission.note, EMPTY_ROOT],
    );
    const head = must(await this.head(admission.origin), 'an admitted log has a head');
    if (head.logVkey === admission.logVkey) return;
    throw new TillgateError(
      'HQ_ADMISSION_CONFLICT',
      `${admission.origin} was admitted with another verifier key than ${admission.logVkey}.`,
    );
  }

  async append(append: Append): Promise<AppendOutcome> {
    const { origin, size, root, entries, newRoot, checkpoint } = append;
    const moved = await this.#write(APPEND_SQL, [
      origin,
      size,
      root,
      size + entries.length,
      newRoot,
      checkpoint,
      entries.map(({ leaf }) => leaf),
      entries.map(({ nodes }) => Buffer.concat(nodes)),
    ]);
    const head = must(await this.head(origin), 'only admitted logs are written');
    return { verdict: moved === 1 ? 'appended' : 'stale', head };
  }

  async keepCosigned(origin: string, note: string): Promise<void> {
    await this.#write(
      `UPDATE custody.log_head SET cosigned = $2
       WHERE origin_id = (SELECT origin_id FROM custody.logs WHERE origin = $1)`,
      [origin, note],
    );
  }

  async keepBlob(origin: string, index: number, blob: KeptBlob): Promise<void> {
    await this.#write(
      `INSERT INTO custody.blobs (origin_id, idx, sha256, bytes)
       SELECT origin_id, $2, $3, $4 FROM custody.logs WHERE origin = $1
       ON CONFLICT (origin_id, idx) DO UPDATE SET sha256 = $3, bytes = $4`,
      [origin, index, blob.sha256, blob.bytes],
    );
  }

  async keepEvidence(evidence: Evidence): Promise<boolean> {
    const rows = await this.#write(
      `INSERT INTO custody.evidence (origin_id, held, claimed, recorded_at_ms)
       SELECT l.origin_id, $2, $3, $4 FROM custody.logs l WHERE l.origin = $1
       AND (SELECT count(*) FROM custody.evidence e WHERE e.origin_id = l.origin_id) < $5`,
      [
        evidence.origin,
        evidence.held,
        evidence.claimed,
        evidence.recordedAtMs,
        EVIDENCE_PER_ORIGIN_MAX,
      ],
    );
    return rows === 1;
  }

  async beginLife({ incarnation, previous, reason, beganAtMs }: Life): Promise<void> {
    await this.#write(
      `INSERT INTO custody.lives (incarnation, previous, reason, began_at_ms)
       VALUES ($1, $2, $3, $4)`,
      [incarnation, previous, reason, beganAtMs],
    );
    await this.readLives();
  }

  override async close(): Promise<void> {
    await this.#writer.end();
    await super.close();
  }

  /** Rows that were written or returned. */
  async #write(sql: string, values?: unknown[]): Promise<number> {
    return (await this.#writer.query(sql, values)).rowCount ?? 0;
  }
}
