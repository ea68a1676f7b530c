/** Goal: of a damaged ledger every job that is whole is kept with its request, and no other. */
import Database from 'better-sqlite3';
import { join } from 'node:path';
import t from 'tap';
import { must } from '../../protocol/must.ts';
import { freshFolder, newCore } from '../ledger/ledger-fixtures.ts';
import { SqliteStore } from '../ledger/sqlite-store.ts';
import { LedgerSalvage } from './ledger-salvage.ts';
import { salvageJobs } from './salvaged-jobs.ts';

void t.test('whole rows are kept, with what was asked where it is there', (t) => {
  const folder = freshFolder();
  const path = join(folder.path, 'ledger.db');
  const core = newCore(new SqliteStore(path));
  for (const jobId of ['a', 'b', 'c', 'd']) {
    const job = {
      ...{ deviceId: 'till-1', jobId, peripheralId: 'printer', operation: 'print' },
      ...{ isPhysical: true, contentHash: 'hash', prints: null },
    };
    core.run([{ type: 'putJob', job, request: `{"jobId":"${jobId}"}` }]);
  }
  core.run([{ type: 'advanceJob', deviceId: 'till-1', jobId: 'a', to: 'sent' }]);
  core.close();
  const database = new Database(path);
  database.exec("UPDATE jobs SET state = 'dome' WHERE job_id = 'b'");
  database.exec("UPDATE jobs SET settled_at = 'then' WHERE job_id = 'c'");
  database.exec('DELETE FROM job_requests WHERE job = 4');
  database.close();
  const salvage = must(LedgerSalvage.look(path), 'it opens');
  t.strictSame(
    salvageJobs(salvage).map(({ row, request }) => [row.jobId, row.state, request]),
    [
      ['a', 'sent', '{"jobId":"a"}'],
      ['d', 'queued', undefined],
    ],
  );
  salvage.close();
  folder.remove();
  t.end();
});
