/**
 * Where things lie. With `--home DIR` everything is under that folder; without it the places of the
 * File Hierarchy Standard. This is the only file that knows a folder's name.
 */
import { join, resolve } from 'node:path';

export interface GatewayPaths {
  configFile: string;
  /** Private keys (0700). */
  keysDir: string;
  logKeyFile: string;
  /** Everything the daemon writes and must not lose. */
  dataDir: string;
  ledgerFile: string;
  /** Devices, their hashed passwords and keys. */
  registryFile: string;
  signedHeadFile: string;
  hqHeadFile: string;
  enrolmentFile: string;
  /** What a person has to know; kept until cleared. */
  alarmsFile: string;
  /** Sessions, queued and retained messages of the broker. */
  brokerStateFile: string;
  /** The copy of headquarters' feeds. */
  feedsFile: string;
  /** What there is of each item, added up from the log. */
  stockFile: string;
  /** The peripherals: drivers, addresses and options. */
  peripheralsFile: string;
  /** What the configuration said when it was last looked at. */
  knownConfigFile: string;
  /** Pictures for receipts, put there by the operator. */
  logosDir: string;
  /** What lives as long as a process. */
  runDir: string;
  lockFile: string;
  controlSocket: string;
}

export interface HqPaths {
  configFile: string;
  keysDir: string;
  durableKeyFile: string;
  feedKeyFile: string;
  uplinkSecretFile: string;
  /** Who has it may write over HTTP. */
  apiTokenFile: string;
  custodyDir: string;
  projectionDir: string;
  admissionsDir: string;
  alarmsFile: string;
  /** What a restored headquarters lacked. */
  restoreFile: string;
  /** The documents of the feeds, which custody holds as logs. */
  feedsFile: string;
  /** Copies of the feeds for gateways that are new or far behind. */
  snapshotsDir: string;
  /** Which gateways have shown what they hold of the feeds. */
  feedReportsFile: string;
  runDir: string;
  lockFile: string;
  controlSocket: string;
}

interface Roots {
  config: string;
  state: string;
  run: string;
}

const roots = (home: string | undefined, system: Roots): Roots => {
  if (home === undefined) return system;
  const base = resolve(home);
  return { config: base, state: base, run: join(base, 'run') };
};

/** `home` as given with --home; undefined means the system's places. */
export function gatewayPaths(home: string | undefined): GatewayPaths {
  const { config, state, run } = roots(home, {
    config: '/etc/tillgate',
    state: '/var/lib/tillgate',
    run: '/run/tillgate',
  });
  return {
    configFile: join(config, 'config.yaml'),
    keysDir: join(state, 'keys'),
    logKeyFile: join(state, 'keys', 'log.pem'),
    dataDir: join(state, 'data'),
    ledgerFile: join(state, 'data', 'ledger.db'),
    registryFile: join(state, 'data', 'registry.json'),
    signedHeadFile: join(state, 'data', 'signed-head'),
    hqHeadFile: join(state, 'data', 'hq-head'),
    enrolmentFile: join(state, 'enrolment.json'),
    alarmsFile: join(state, 'data', 'alarms.json'),
    brokerStateFile: join(state, 'data', 'broker.db'),
    feedsFile: join(state, 'data', 'feeds.db'),
    stockFile: join(state, 'data', 'stock.db'),
    peripheralsFile: join(state, 'data', 'peripherals.json'),
    knownConfigFile: join(state, 'data', 'known-config.json'),
    logosDir: join(config, 'logos'),
    runDir: run,
    lockFile: join(run, 'lock'),
    controlSocket: join(run, 'control.sock'),
  };
}

/** `home` as given with --home; undefined means the system's places. */
export function hqPaths(home: string | undefined): HqPaths {
  const { config, state, run } = roots(home, {
    config: '/etc/tillgate',
    state: '/var/lib/tillgate-hq',
    run: '/run/tillgate-hq',
  });
  return {
    configFile: join(config, 'hq.yaml'),
    keysDir: join(state, 'keys'),
    durableKeyFile: join(state, 'keys', 'durable.pem'),
    feedKeyFile: join(state, 'keys', 'feed.pem'),
    uplinkSecretFile: join(state, 'keys', 'uplink.secret'),
    apiTokenFile: join(state, 'keys', 'api-token'),
    custodyDir: join(state, 'custody'),
    projectionDir: join(state, 'projection'),
    admissionsDir: join(state, 'admissions'),
    alarmsFile: join(state, 'alarms.json'),
    restoreFile: join(state, 'restore.json'),
    feedsFile: join(state, 'feeds.db'),
    snapshotsDir: join(state, 'snapshots'),
    feedReportsFile: join(state, 'feed-reports.json'),
    runDir: run,
    lockFile: join(run, 'lock'),
    controlSocket: join(run, 'control.sock'),
  };
}
