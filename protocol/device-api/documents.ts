/**
 * The generated files of this folder, as texts by file name. They are committed, so that somebody
 * who writes a till needs no checkout that runs; a test fails when they are behind their source.
 */
import { documentSchema } from '../receipt/document-schema.ts';
import { transactionSchema } from '../transaction/schema.ts';
import { SCHEMA_FILES, asyncApiDocument } from './asyncapi.ts';
import {
  jobRequestSchema,
  jobResponseSchema,
  peripheralEventSchema,
  peripheralStateSchema,
} from './peripheral-schemas.ts';
import { resultSchema } from './result-schema.ts';
import { statusSchema } from './status-schema.ts';

/** File name and text of each generated document. */
export function deviceApiDocuments(): [name: string, text: string][] {
  const documents: [string, object][] = [
    [SCHEMA_FILES.transaction, transactionSchema],
    [SCHEMA_FILES.result, resultSchema],
    [SCHEMA_FILES.status, statusSchema],
    [SCHEMA_FILES.jobRequest, jobRequestSchema],
    [SCHEMA_FILES.jobResponse, jobResponseSchema],
    [SCHEMA_FILES.peripheralEvent, peripheralEventSchema],
    [SCHEMA_FILES.peripheralState, peripheralStateSchema],
    [SCHEMA_FILES.receiptDocument, documentSchema],
    ['asyncapi.json', asyncApiDocument()],
  ];
  return documents.map(([name, value]) => [
    name,
    `${JSON.stringify(leadingFirst(value), null, 2)}\n`,
  ]);
}

/** Puts the members that say what a document is before those that say how. */
function leadingFirst(value: object): object {
  const { $schema, $id, title, description, ...rest } = value as Record<string, unknown>;
  const leading = { $schema, $id, title, description };
  return { ...leading, ...rest };
}
