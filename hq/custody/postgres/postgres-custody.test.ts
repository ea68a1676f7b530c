/** Goal: a real PostgreSQL passes the suite of all custodies. */
import t from 'tap';
import { needTool } from '../../../test/support/need-tool.ts';
import { startPostgres } from '../../../test/support/postgres.ts';
import { testCustody } from '../custody-contract.ts';
import { PostgresCustody } from './postgres-custody.ts';
import { PostgresReader } from './postgres-reader.ts';

if (needTool(t, 'postgres')) {
  const postgres = await startPostgres();
  t.teardown(() => postgres.stop());
  testCustody(t, 'PostgreSQL', () => {
    const url = postgres.createDatabase();
    return {
      open: () => PostgresCustody.open(url),
      openReader: () => PostgresReader.open(url),
    };
  });
}
