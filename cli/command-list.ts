/** Every command, in the order of the help text. A new command is one file and one line here. */
import type { Command } from './command.ts';
import { backup } from './commands/backup.ts';
import { alarmClear } from './commands/alarm-clear.ts';
import { alarmList } from './commands/alarm-list.ts';
import { configCheck } from './commands/config-check.ts';
import { configDiff } from './commands/config-diff.ts';
import { configGet } from './commands/config-get.ts';
import { configHistory } from './commands/config-history.ts';
import { configRevert } from './commands/config-revert.ts';
import { configSchema } from './commands/config-schema.ts';
import { configSet } from './commands/config-set.ts';
import { conflictList } from './commands/conflict-list.ts';
import { conflictResolve } from './commands/conflict-resolve.ts';
import { conflictShow } from './commands/conflict-show.ts';
import { demo } from './commands/demo.ts';
import { deviceAdd } from './commands/device-add.ts';
import { deviceKeyAdd } from './commands/device-key-add.ts';
import { deviceKeyList } from './commands/device-key-list.ts';
import { deviceKeyRevoke } from './commands/device-key-revoke.ts';
import { deviceList } from './commands/device-list.ts';
import { deviceRevoke } from './commands/device-revoke.ts';
import { doctor } from './commands/doctor.ts';
import { hqCommandList } from './commands/hq-command-list.ts';
import { hqCommandSend } from './commands/hq-command-send.ts';
import { hqCommandShow } from './commands/hq-command-show.ts';
import { hqDeviceCredential } from './commands/hq-device-credential.ts';
import { hqFeedPublish } from './commands/hq-feed-publish.ts';
import { hqFeedShow } from './commands/hq-feed-show.ts';
import { hqPoolList } from './commands/hq-pool-list.ts';
import { hqPoolShow } from './commands/hq-pool-show.ts';
import { hqPoolSet } from './commands/hq-pool-set.ts';
import { hqGrantIssue } from './commands/hq-grant-issue.ts';
import { hqGrantList } from './commands/hq-grant-list.ts';
import { hqGrantRecall } from './commands/hq-grant-recall.ts';
import { hqStoreFence } from './commands/hq-store-fence.ts';
import { hqJoin } from './commands/hq-join.ts';
import { hqInit } from './commands/hq-init.ts';
import { hqRun } from './commands/hq-run.ts';
import { hqStatus } from './commands/hq-status.ts';
import { hqStoreAdd } from './commands/hq-store-add.ts';
import { hqStoreList } from './commands/hq-store-list.ts';
import { hqLogVerify } from './commands/hq-log-verify.ts';
import { hqReportTotals } from './commands/hq-report-totals.ts';
import { init } from './commands/init.ts';
import { logCheckProof } from './commands/log-check-proof.ts';
import { logDoctor } from './commands/log-doctor.ts';
import { logExport } from './commands/log-export.ts';
import { logGiveUp } from './commands/log-give-up.ts';
import { logKey } from './commands/log-key.ts';
import { logProve } from './commands/log-prove.ts';
import { logShow } from './commands/log-show.ts';
import { logVerify } from './commands/log-verify.ts';
import { peripheralAdd } from './commands/peripheral-add.ts';
import { peripheralList } from './commands/peripheral-list.ts';
import { peripheralLog } from './commands/peripheral-log.ts';
import { peripheralRemove } from './commands/peripheral-remove.ts';
import { peripheralScan } from './commands/peripheral-scan.ts';
import { peripheralSimulate } from './commands/peripheral-simulate.ts';
import { peripheralTest } from './commands/peripheral-test.ts';
import { priceList } from './commands/price-list.ts';
import { priceSet } from './commands/price-set.ts';
import { priceWithdraw } from './commands/price-withdraw.ts';
import { restore } from './commands/restore.ts';
import { quarantineList } from './commands/quarantine-list.ts';
import { quarantineShow } from './commands/quarantine-show.ts';
import { quarantineRetry } from './commands/quarantine-retry.ts';
import { quarantineWaive } from './commands/quarantine-waive.ts';
import { run } from './commands/run.ts';
import { status } from './commands/status.ts';

export const COMMANDS: readonly Command[] = [
  init,
  run,
  status,
  doctor,
  alarmList,
  alarmClear,
  deviceAdd,
  deviceList,
  deviceRevoke,
  deviceKeyAdd,
  deviceKeyList,
  deviceKeyRevoke,
  peripheralScan,
  peripheralAdd,
  peripheralList,
  peripheralTest,
  peripheralLog,
  peripheralRemove,
  peripheralSimulate,
  logKey,
  logVerify,
  logShow,
  logProve,
  logCheckProof,
  logExport,
  logDoctor,
  logGiveUp,
  configCheck,
  configGet,
  configSet,
  configDiff,
  configHistory,
  configRevert,
  configSchema,
  priceList,
  priceSet,
  priceWithdraw,
  backup,
  restore,
  hqInit,
  hqRun,
  hqStatus,
  hqStoreAdd,
  hqStoreList,
  hqStoreFence,
  hqFeedPublish,
  hqFeedShow,
  hqPoolList,
  hqPoolShow,
  hqPoolSet,
  hqGrantIssue,
  hqGrantList,
  hqGrantRecall,
  hqCommandSend,
  hqCommandList,
  hqCommandShow,
  hqDeviceCredential,
  hqReportTotals,
  hqLogVerify,
  hqJoin,
  quarantineList,
  quarantineShow,
  quarantineRetry,
  quarantineWaive,
  conflictList,
  conflictShow,
  conflictResolve,
  demo,
];
