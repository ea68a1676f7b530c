/** The part of the AsyncAPI document that is about peripherals. */
import {
  peripheralEventTopic,
  peripheralStateTopic,
  requestTopic,
  responseTopic,
} from '../topics.ts';

const ref = (target: string): { $ref: string } => ({ $ref: target });
const MQTT = { qos: 1, bindingVersion: '0.2.0' };
const schemaOf = (file: string): object => ({
  schemaFormat: 'application/schema+json;version=draft-2020-12',
  schema: ref(`./${file}.schema.json`),
});

const peripheral = { peripheralId: ref('#/components/parameters/peripheralId') };
const both = { ...peripheral, deviceId: ref('#/components/parameters/deviceId') };

export function peripheralChannels(): object {
  return {
    peripheralRequest: {
      address: requestTopic('{peripheralId}', '{deviceId}'),
      description: 'A job. The PUBACK says: recorded, or refused; requests are not forwarded.',
      parameters: both,
      messages: { jobRequest: ref('#/components/messages/jobRequest') },
    },
    peripheralResponse: {
      address: responseTopic('{peripheralId}', '{deviceId}'),
      description: 'What became of a job; kept, and given again for the same jobId.',
      parameters: both,
      messages: { jobResponse: ref('#/components/messages/jobResponse') },
    },
    peripheralEvent: {
      address: peripheralEventTopic('{peripheralId}'),
      description: 'What happens without being asked for; bounded in rate.',
      parameters: peripheral,
      messages: { peripheralEvent: ref('#/components/messages/peripheralEvent') },
    },
    peripheralState: {
      address: peripheralStateTopic('{peripheralId}'),
      description: 'Retained.',
      parameters: peripheral,
      messages: { peripheralState: ref('#/components/messages/peripheralState') },
    },
  };
}

export function peripheralOperations(): object {
  const receive = (channel: string, message: string, summary: string): object => ({
    action: 'receive',
    channel: ref(`#/channels/${channel}`),
    summary,
    bindings: { mqtt: MQTT },
    messages: [ref(`#/channels/${channel}/messages/${message}`)],
  });
  return {
    askPeripheral: {
      action: 'send',
      channel: ref('#/channels/peripheralRequest'),
      summary: 'Ask a peripheral for something, under a new jobId.',
      bindings: { mqtt: { ...MQTT, retain: false } },
      messages: [ref('#/channels/peripheralRequest/messages/jobRequest')],
    },
    receiveAnswer: receive(
      'peripheralResponse',
      'jobResponse',
      'Subscribe before the first request.',
    ),
    receiveEvent: receive('peripheralEvent', 'peripheralEvent', 'Hear scans, weights and drawers.'),
    receiveState: receive('peripheralState', 'peripheralState', 'Learn what can work now.'),
  };
}

export function peripheralMessages(): object {
  const message = (title: string, summary: string, file: string): object => ({
    ...{ title, contentType: 'application/json', summary, payload: schemaOf(file) },
  });
  return {
    jobRequest: message('Request', 'A job for a peripheral.', 'job-request'),
    jobResponse: message('Answer', 'What became of it.', 'job-response'),
    peripheralEvent: message('Event', 'What happened at a peripheral.', 'peripheral-event'),
    peripheralState: message('State', 'How a peripheral is.', 'peripheral-state'),
  };
}
