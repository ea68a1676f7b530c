/**
 * The AsyncAPI 3.0 document of what a store device speaks, seen from the device: it sends
 * submissions and receives results and the gateway's status. Messages refer to the JSON Schema
 * files beside it, so that a generator of client code finds everything in one folder.
 */
import { peripheralChannels, peripheralMessages, peripheralOperations } from './peripheral-api.ts';
import { GATEWAY_STATUS_TOPIC, resultTopic, submitTopic } from '../topics.ts';
import { FEED_MESSAGES, FEED_PARAMETERS, feedChannels, feedOperations } from './asyncapi-feeds.ts';
import {
  RESERVATION_MESSAGES,
  reservationChannels,
  reservationOperations,
} from './asyncapi-reservations.ts';
import { ID_SOURCE } from '../ids.ts';
import { SUBMISSION_BYTES_MAX } from '../transaction/judgement.ts';

/** Names of the generated files, relative to the document. */
export const SCHEMA_FILES = {
  transaction: 'transaction.schema.json',
  result: 'result.schema.json',
  status: 'status.schema.json',
  jobRequest: 'job-request.schema.json',
  jobResponse: 'job-response.schema.json',
  peripheralEvent: 'peripheral-event.schema.json',
  peripheralState: 'peripheral-state.schema.json',
  receiptDocument: 'receipt-document.schema.json',
} as const;

const SCHEMA_FORMAT = 'application/schema+json;version=draft-2020-12';

/** The version of the device interface; it rises with the schemas and topics, not with releases. */
const INTERFACE_VERSION = '1.1.0';

const ref = (target: string): { $ref: string } => ({ $ref: target });

function schemaOf(name: keyof typeof SCHEMA_FILES): object {
  return { schemaFormat: SCHEMA_FORMAT, schema: ref(`./${SCHEMA_FILES[name]}`) };
}

/** The document as a value that JSON can carry. */
export function asyncApiDocument(): object {
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Tillgate device interface',
      version: INTERFACE_VERSION,
      description:
        'What tills, kiosks and handhelds speak with the gateway of their store over MQTT 3.1.1. ' +
        'protocol/SPEC.md sections 1 and 4 are the normative text; docs/write-a-till.md begins ' +
        'gently.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    defaultContentType: 'application/json',
    servers: servers(),
    channels: { ...channels(), ...peripheralChannels() },
    operations: { ...operations(), ...peripheralOperations() },
    components: {
      messages: { ...messages(), ...peripheralMessages() },
      parameters: {
        deviceId: {
          description: `The device's id, which is its MQTT user name: ${ID_SOURCE}`,
          examples: ['till-1'],
        },
        ...FEED_PARAMETERS,
        peripheralId: {
          description: `The peripheral, as \`tillgate peripheral list\` names it: ${ID_SOURCE}`,
          examples: ['printer'],
        },
      },
      securitySchemes: {
        userPassword: {
          type: 'userPassword',
          description:
            'User name and password as `tillgate device add ID --role till` prints them once.',
        },
      },
    },
  };
}

function servers(): object {
  const security = [ref('#/components/securitySchemes/userPassword')];
  return {
    mqtt: {
      host: '127.0.0.1:1883',
      protocol: 'mqtt',
      protocolVersion: '3.1.1',
      description: 'Plain TCP; on loopback unless the operator says otherwise.',
      security,
    },
    webSocket: {
      host: '127.0.0.1:8083',
      protocol: 'ws',
      protocolVersion: '3.1.1',
      description: 'MQTT over WebSocket, sub-protocol mqtt; where the operator has turned it on.',
      security,
    },
  };
}

function channels(): object {
  const parameters = { deviceId: ref('#/components/parameters/deviceId') };
  return {
    submit: {
      address: submitTopic('{deviceId}'),
      description:
        'A device publishes on its own topic only. The PUBACK says: decided and recorded.',
      parameters,
      messages: {
        transaction: ref('#/components/messages/transaction'),
        signedTransaction: ref('#/components/messages/signedTransaction'),
      },
    },
    result: {
      address: resultTopic('{deviceId}'),
      description: 'One result for each submission; it may come before or after the PUBACK.',
      parameters,
      messages: { result: ref('#/components/messages/result') },
    },
    ...feedChannels(parameters),
    ...reservationChannels(parameters),
    status: {
      address: GATEWAY_STATUS_TOPIC,
      description: 'Retained.',
      messages: { status: ref('#/components/messages/status') },
    },
  };
}

function operations(): object {
  const mqtt = { qos: 1, bindingVersion: '0.2.0' };
  return {
    submitTransaction: {
      action: 'send',
      channel: ref('#/channels/submit'),
      summary: 'Submit a transaction; without a result, submit the same bytes again.',
      bindings: { mqtt: { ...mqtt, retain: false } },
      messages: [
        ref('#/channels/submit/messages/transaction'),
        ref('#/channels/submit/messages/signedTransaction'),
      ],
    },
    receiveResult: {
      action: 'receive',
      channel: ref('#/channels/result'),
      summary: 'Subscribe before the first submission.',
      bindings: { mqtt },
      messages: [ref('#/channels/result/messages/result')],
    },
    ...feedOperations(),
    ...reservationOperations(),
    receiveStatus: {
      action: 'receive',
      channel: ref('#/channels/status'),
      summary: 'Learn how the gateway is.',
      bindings: { mqtt },
      messages: [ref('#/channels/status/messages/status')],
    },
  };
}

function messages(): object {
  return {
    transaction: {
      title: 'Transaction',
      contentType: 'application/json',
      summary: `The transaction as JSON, at most ${SUBMISSION_BYTES_MAX} bytes.`,
      payload: schemaOf('transaction'),
    },
    signedTransaction: {
      title: 'Signed transaction',
      contentType: 'application/jose',
      summary: 'A compact JWS (Ed25519 or ES256) whose payload is the transaction as JSON.',
      payload: {
        type: 'string',
        pattern: '^[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+$',
      },
    },
    result: {
      title: 'Result',
      contentType: 'application/json',
      summary: 'What became of one submission.',
      payload: schemaOf('result'),
    },
    ...FEED_MESSAGES,
    ...RESERVATION_MESSAGES,
    status: {
      title: 'Gateway status',
      contentType: 'application/json',
      summary: 'As `tillgate status --json` prints it.',
      payload: schemaOf('status'),
    },
  };
}
