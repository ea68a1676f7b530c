/** The outer half of the gateway: devices, their broker, and the way of submissions to the ledger. */
import type { GatewayConfig } from '../config/gateway-schema.ts';
import { JobDoor } from './broker/job-door.ts';
import { startStoreBroker } from './broker/store-broker.ts';
import type { StoreBroker, StoreBrokerOptions } from './broker/store-broker.ts';
import { DeviceRegistry } from './control/device-registry.ts';
import { Intake } from './intake/intake.ts';
import { JudgePool } from './intake/judge-pool.ts';
import type { SubmissionItem, SubmissionOutcome } from './intake/submission-item.ts';
import type { LogKeeping, SharedParts } from './log-keeping.ts';
import { rolesInForce } from './steering/hq-devices.ts';

export interface Doors {
  registry: DeviceRegistry;
  judges: JudgePool;
  intake: Intake;
  broker: StoreBroker;
  /** Opened by the peripherals, once they are there. */
  jobDoor: JobDoor;
  /** Hears of each submission's outcome. */
  observers: ((item: SubmissionItem, outcome: SubmissionOutcome) => void)[];
}

export async function startDoors(
  shared: SharedParts & LogKeeping & { config: () => GatewayConfig },
): Promise<Doors> {
  const { paths, clock, log, teardown, failed, ledger, epochs, alarms, config } = shared;
  const registry = await DeviceRegistry.open(paths.registryFile);
  const judges = new JudgePool({
    openLane: () => ledger.openLane(),
    requireSignature: config().intake.requireSignature,
    onFatal: failed,
  });
  teardown.add('judges', () => judges.close());
  for (const { deviceId } of registry.all()) judges.setKeys(deviceId, registry.liveKeys(deviceId));
  registry.onChange((deviceId) => judges.setKeys(deviceId, registry.liveKeys(deviceId)));

  const observers: Doors['observers'] = [];
  const observe = (item: SubmissionItem, outcome: SubmissionOutcome): void => {
    for (const observer of observers) observer(item, outcome);
    if (outcome.kind !== 'answered') return;
    for (const alarm of outcome.answer.alarms ?? []) {
      const { code, deviceId, lastResult } = alarm;
      const held = `${lastResult.origin} ${lastResult.index}`;
      const message = `${deviceId} holds an answer (${held}) that this log does not contain`;
      if (alarms.raise(code, message)) log.error(alarm, message);
      epochs.deviceAlarm(alarm).catch(failed);
    }
  };
  const limits = { queueItemsMax: config().ledger.queueItems };
  const intake = new Intake({ route: judges, clock, observe, limits });
  teardown.add('intake', () => intake.close());

  const jobDoor = new JobDoor();
  const broker = await openBroker({ ...shared, intake, registry, jobDoor });
  teardown.add('broker', () => broker.close());
  return { registry, judges, intake, broker, jobDoor, observers };
}

function openBroker(
  parts: SharedParts &
    LogKeeping &
    Pick<Doors, 'intake' | 'registry' | 'jobDoor'> & { config: () => GatewayConfig },
): Promise<StoreBroker> {
  const { paths, clock, log, failed, alarms, config, intake, registry, jobDoor } = parts;
  return startStoreBroker({
    ...listenAddresses(config().mqtt),
    findDevice: (deviceId) => registry.live(deviceId),
    roles: () => rolesInForce(config().roles, registry),
    ...{ intake, jobDoor, log, clock },
    stateFile: paths.brokerStateFile,
    onFatal: failed,
    onStateSetAside: (message) => {
      log.error(message);
      alarms.raise('BROKER_STATE_DAMAGED', message);
    },
  });
}

function listenAddresses(
  mqtt: GatewayConfig['mqtt'],
): Pick<StoreBrokerOptions, 'tcp' | 'tls' | 'webSocket'> {
  const { host, port, tls, webSocket } = mqtt;
  const { certFile, keyFile } = tls;
  const hasTls = tls.enabled && certFile !== undefined && keyFile !== undefined;
  return {
    tcp: { host, port },
    tls: hasTls ? { host: tls.host, port: tls.port, certFile, keyFile } : undefined,
    webSocket: webSocket.enabled ? { host: webSocket.host, port: webSocket.port } : undefined,
  };
}
