/** The verbs of one gateway, over whatever stands behind them: the daemon's parts or a file's. */
import type { GatewayConfig } from '../../config/gateway-schema.ts';
import type { GatewayPaths } from '../../config/paths.ts';
import type { AlarmBook } from '../../platform/alarms.ts';
import type { Enrolment } from '../../protocol/replication/enrolment.ts';
import type { CarryList } from '../epochs/carry-list.ts';
import { clearAlarms } from './alarm-operations.ts';
import type { GatewayConflictsOptions } from '../conflicts/gateway-conflicts.ts';
import { conflictVerbs } from './conflict-verbs.ts';
import { configVerbs } from './config-operations.ts';
import type { ConfigParts } from './config-operations.ts';
import { rolesInForce } from '../steering/hq-devices.ts';
import { DeviceOperations } from './device-operations.ts';
import type { DeviceRegistry } from './device-registry.ts';
import { installEnrolment } from './enrolment-operations.ts';
import type { GatewayStatus } from './gateway-status.ts';
import { giveUpTail } from './give-up-tail.ts';
import { peripheralVerbs } from './peripheral-verbs.ts';
import type { PeripheralVerbsOptions } from './peripheral-verbs.ts';
import { priceVerbs } from './price-verbs.ts';
import type { PriceParts } from './price-verbs.ts';
import type { VerbTable, Verbs } from './verbs.ts';

export interface GatewayVerbsOptions extends PeripheralVerbsOptions {
  paths: GatewayPaths;
  config: () => GatewayConfig;
  registry: DeviceRegistry;
  alarms: AlarmBook;
  /** Runs a function over the ledger. */
  reading: GatewayConflictsOptions['reading'];
  identity: () => { origin: string; verifierKey: string };
  status: () => GatewayStatus | Promise<GatewayStatus>;
  signHead: () => Verbs['head.sign']['result'] | Promise<Verbs['head.sign']['result']>;
  onRevoked?: (deviceId: string) => void;
  configuration: ConfigParts;
  prices: PriceParts;
  /** What is left to do about earlier epochs, as it is now. */
  list: () => CarryList;
  onEnrolled?: (enrolment: Enrolment) => void;
}

export function gatewayVerbs(options: GatewayVerbsOptions): VerbTable {
  const { paths, ledger, registry, clock, alarms } = options;
  const devices = new DeviceOperations({
    registry,
    ledger,
    clock,
    roles: () => rolesInForce(options.config().roles, registry),
    onRevoked: (deviceId) => options.onRevoked?.(deviceId),
  });
  return {
    ...peripheralVerbs(options),
    ...conflictVerbs({
      ...{ reading: options.reading, feedsFile: paths.feedsFile },
      append: (command) => ledger.append(command),
    }),
    status: () => options.status(),
    'alarm.list': () => ({ alarms: alarms.list() }),
    'alarm.clear': ({ which }) => ({ cleared: clearAlarms(alarms, which) }),
    'device.add': (request) => devices.add(request),
    'device.list': () => ({ devices: devices.list() }),
    'device.revoke': ({ deviceId }) => devices.revoke(deviceId),
    'device.key.add': ({ deviceId, key }) => devices.addKey(deviceId, key),
    'device.key.list': ({ deviceId }) => ({ keys: devices.listKeys(deviceId) }),
    'device.key.revoke': ({ deviceId, kid }) => devices.revokeKey(deviceId, kid),
    ...configVerbs(options.configuration),
    ...priceVerbs({ ...options.prices, clock, currency: () => options.config().currency }),
    'enrolment.install': ({ text }) => {
      const { enrolmentFile } = paths;
      const onEnrolled = (enrolment: Enrolment): void => options.onEnrolled?.(enrolment);
      return installEnrolment(
        { enrolmentFile, ledger, identity: options.identity, onEnrolled },
        text,
      );
    },
    'log.giveUp': (why) =>
      giveUpTail({ ledger, list: options.list, enrolmentFile: paths.enrolmentFile }, why),
    'head.sign': () => options.signHead(),
  };
}
