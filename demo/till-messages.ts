/** What the demonstration and its till processes say to each other over the IPC channel. */

export type TillIdentity = {
  deviceId: string;
  username: string;
  password: string;
  /** Present when this till signs: PKCS #8 in PEM, and the JWS algorithm of that key. */
  signing?: { alg: 'Ed25519' | 'ES256'; privateKeyPem: string };
};

/** Where the gateway answers now, and how much of its log was there before it did. */
export type GatewayLife = { host: string; port: number; origin: string; sizeAtStart: number };

export type ToTill =
  /** `salesFile` holds one transaction a line, as JSON. */
  | { type: 'begin'; identity: TillIdentity; salesFile: string }
  | { type: 'gateway'; life: GatewayLife }
  | { type: 'stop' };

export type TillAnswer = {
  deviceId: string;
  transactionId: string;
  outcome: 'accepted' | 'rejected' | 'conflict';
  /** The transaction's total in pennies, as the till knows it. */
  total: number;
  index: number;
  /** True where the log held the answer before this submission of it arrived. */
  duplicate: boolean;
};

export type FromTill =
  | { type: 'ready' }
  | { type: 'answer'; answer: TillAnswer }
  | { type: 'resubmitted'; count: number };
