/** What the log says without being verified: its tip, its times, and whether the heads fit. */
import type { KeyObject } from 'node:crypto';
import type { GatewayConfig } from '../../config/gateway-schema.ts';
import type { GatewayPaths } from '../../config/paths.ts';
import type { Clock } from '../../protocol/clock.ts';
import type { ConflictList } from '../../protocol/conflicts/shown-conflict.ts';
import { TillgateError } from '../../protocol/errors.ts';
import { parseOrigin, sameGateway } from '../../protocol/log/origin.ts';
import { GatewayConflicts } from '../conflicts/gateway-conflicts.ts';
import { firstOrigin } from '../control/gateway-identity.ts';
import { reasonToEnd } from '../epochs/ensure-epoch.ts';
import { openLedgerReader, type LedgerReader } from '../ledger/reader.ts';
import { readHeader } from '../ledger/reply.ts';
import { isStorageFailure, ledgerFailure } from '../ledger/sqlite-failure.ts';
import { SalesForecast } from '../ledger/sales-forecast.ts';
import type { LogFacts } from './check-log.ts';

export interface ReadLog extends LogFacts {
  newestEntryMs: number | undefined;
  anchor: { recordedAtMs: number; headquartersMs: number } | undefined;
  daysOfSales: number | null;
  conflicts: ConflictList;
}

export interface LogReadingOptions {
  paths: GatewayPaths;
  /** Undefined while it cannot be used; then heads are not compared. */
  config: GatewayConfig | undefined;
  privateKey: KeyObject | undefined;
  clock: Clock;
}

/** Throws `LEDGER_MISSING` and the other errors of a ledger that cannot be read. */
export function readLog(options: LogReadingOptions): ReadLog {
  let reader: LedgerReader | undefined;
  try {
    reader = openLedgerReader(options.paths.dataDir);
    return factsOf(reader, options);
  } catch (error) {
    if (isStorageFailure(error)) throw ledgerFailure(error);
    if (!(error instanceof SyntaxError)) throw error;
    const message = 'An entry at the end of the log cannot be read.';
    throw new TillgateError('LEDGER_DAMAGED', message, { cause: error });
  } finally {
    reader?.close();
  }
}

function factsOf(reader: LedgerReader, options: LogReadingOptions): ReadLog {
  const { paths, config, privateKey, clock } = options;
  const { origin, epoch } = reader;
  const heads = config && {
    signedHeadFile: config.ledger.signedHeadFile ?? paths.signedHeadFile,
    hqHeadFile: paths.hqHeadFile,
    firstOrigin: firstOrigin(config),
  };
  const endsBecause = heads && reasonToEnd({ ...heads, reader, privateKey });
  const size = reader.size();
  const anchor = reader.anchors.below({ epoch, index: size });
  const anchoredMs = anchor === undefined ? undefined : timeMs(reader, anchor.ref.index);
  return {
    ...{ origin, size, endsBecause },
    isOfThisGateway:
      heads === undefined || sameGateway(parseOrigin(heads.firstOrigin), parseOrigin(origin)),
    newestEntryMs: timeMs(reader, size - 1),
    anchor:
      anchor === undefined || anchoredMs === undefined
        ? undefined
        : { recordedAtMs: anchoredMs, headquartersMs: anchor.timeSeconds * 1_000 },
    daysOfSales: new SalesForecast({ dataDir: paths.dataDir, reader, clock }).daysOfSales(),
    conflicts: new GatewayConflicts({
      reading: (read) => read(reader),
      feedsFile: paths.feedsFile,
      append: () => Promise.reject(new TillgateError('INTERNAL', 'Nothing is written here.')),
    }).list(),
  };
}

function timeMs(reader: LedgerReader, index: number): number | undefined {
  const leaf = reader.entry(index);
  const recordedAt = leaf === undefined ? undefined : readHeader(leaf)['recordedAt'];
  return typeof recordedAt === 'string' ? Date.parse(recordedAt) : undefined;
}
