/** A device that moves goods, asks what there is, and listens, over real MQTT. */
import mqtt from 'mqtt';
import type { MqttClient } from 'mqtt';
import { sampleSale } from './sample-sale.ts';
import { saleId, TillUnderTest } from './till-under-test.ts';
import type { Answer, Credential } from './till-under-test.ts';

type Scaled = { value: number; scale: number };

export interface StockAnswer {
  queryId?: string;
  reservationId?: string;
  state: string;
  left?: Scaled | null;
  result?: {
    itemId: string;
    onHand: Scaled;
    isKept: boolean;
    asOf: { origin: string; index: number };
    lastCount: { quantity: Scaled; asOf: number } | null;
    promised: Scaled;
    promisable?: Scaled | null;
    behind: number;
  };
  error?: { code: string; path?: string };
}

export interface StockNews {
  type: string;
  id?: string;
  stock?: { onHand: Scaled };
}

export class StockTill {
  readonly news: StockNews[] = [];
  readonly #till: TillUnderTest;
  readonly #client: MqttClient;
  readonly #deviceId: string;
  readonly #waiting = new Map<string, (answer: StockAnswer) => void>();
  #next = 1;

  private constructor(till: TillUnderTest, client: MqttClient, deviceId: string) {
    this.#till = till;
    this.#client = client;
    this.#deviceId = deviceId;
    client.on('message', (topic, payload) => {
      const body = JSON.parse(payload.toString()) as StockAnswer & StockNews;
      if (topic.startsWith('feeds/')) this.news.push(body);
      else this.#waiting.get(body.queryId ?? body.reservationId ?? '')?.(body);
    });
  }

  static async connect(at: { host: string; port: number }, who: Credential): Promise<StockTill> {
    const client = await mqtt.connectAsync({ ...who, ...at, protocolVersion: 4 });
    const { username } = who;
    const filters = [
      ...[`queries/${username}/response`, `reservations/${username}/response`, 'feeds/#'],
    ];
    await client.subscribeAsync(filters, { qos: 1 });
    return new StockTill(await TillUnderTest.connect(at, who), client, username);
  }

  /** A sale, or with `stock` a movement, of some units of one item, for nothing. */
  move(
    number: number,
    { itemId, value, stock }: { itemId: string; value: number; stock?: object },
  ): Promise<Answer> {
    const line = {
      ...{ lineNumber: 1, itemId, quantity: { value, scale: 0 } },
      ...{ unitPrice: { value: 0, scale: 0 }, extendedAmount: 0 },
    };
    return this.#till.submit(
      sampleSale({
        ...{ transactionId: saleId(number), sequenceNumber: number },
        ...(stock !== undefined && { type: 'adjustment', stock }),
        ...{ lines: [line], taxes: [], tenders: [], total: 0 },
      }),
    );
  }

  /** Asks again while stock is being added up, as a device would. */
  async stockOf(itemId: string): Promise<StockAnswer> {
    for (;;) {
      const queryId = `q${this.#next++}`;
      const question = { queryId, query: 'stock', id: itemId };
      const answer = await this.#ask(`queries/${this.#deviceId}/request`, queryId, question);
      const isLate = answer.error?.code === 'QUERY_UNAVAILABLE' || (answer.result?.behind ?? 0) > 0;
      if (!isLate) return answer;
    }
  }

  reserve(reservationId: string, request: object): Promise<StockAnswer> {
    const topic = `reservations/${this.#deviceId}/request`;
    return this.#ask(topic, reservationId, { reservationId, ...request });
  }

  async end(): Promise<void> {
    await this.#till.end();
    await this.#client.endAsync(true);
  }

  #ask(topic: string, id: string, question: object): Promise<StockAnswer> {
    const answered = new Promise<StockAnswer>((resolve) => this.#waiting.set(id, resolve));
    this.#client.publish(topic, JSON.stringify(question), { qos: 1 });
    return answered;
  }
}
