/**
 * What every transport promises (transport.ts), as one suite over real ports: pseudo-terminals,
 * sockets, a USB file system and a PC/SC daemon made for the test. A kind of port brings a rig, the
 * device's end of it.
 */
import type { Test } from 'tap';
import { isTillgateError } from '../../protocol/errors.ts';
import type { OpenTransport, Transport } from './transport.ts';

/** The device's end. */
export interface TransportRig {
  readonly address: string;
  send(bytes: Uint8Array): void;
  /** All that the device has received so far, in order. */
  received(): Uint8Array;
  /** Stops taking bytes, so that writes have to wait. */
  stall(): void;
  /** Takes the device away while the port is open. */
  unplug(): Promise<void>;
  /** Ends the rig; called once, also after `unplug`. */
  close(): Promise<void>;
}

export interface PortKind {
  readonly name: string;
  readonly open: OpenTransport;
  /** The device is there and listens. */
  createRig(t: Test): Promise<TransportRig>;
  /** An address of this kind with nothing behind it. */
  readonly absentAddress: string;
  /** A second opener is refused. */
  readonly isExclusive: boolean;
  /** Chunks keep the device's boundaries. */
  readonly isPackets: boolean;
}

/** More than any buffer on the way holds, and what a receipt with pictures may have. */
const MANY_BYTES = 300 * 1024;
const PACKET_BYTES = 64;
/** Above what sockets and terminals of this machine buffer. */
const STALLING_BYTES = 4 * 1024 * 1024;
const STALLING_PIECE_BYTES = 32 * 1024;
const WAIT_MS = 20_000;

export function transportContract(t: Test, kind: PortKind): void {
  bytesTests(t, kind);
  endTests(t, kind);
  refusalTests(t, kind);
}

function bytesTests(t: Test, kind: PortKind): void {
  void t.test(`${kind.name}: 300 KiB arrive byte for byte, both ways at once`, async (t) => {
    const { rig, port } = await opened(t, kind);
    const outward = everyByte(MANY_BYTES, 7);
    const inward = everyByte(MANY_BYTES, 11);
    const heard = listen(port);
    for (const chunk of cut(inward, PACKET_BYTES * 64)) rig.send(chunk);
    await Promise.all(cut(outward, PACKET_BYTES * 64).map((chunk) => port.write(chunk)));
    await until(() => heard.bytes().length >= MANY_BYTES && rig.received().length >= MANY_BYTES);
    t.ok(equal(heard.bytes(), inward), 'towards the gateway');
    t.ok(equal(rig.received(), outward), 'towards the device');
  });

  void t.test(`${kind.name}: what came before anybody listened is kept`, async (t) => {
    const { rig, port } = await opened(t, kind);
    rig.send(everyByte(PACKET_BYTES, 3));
    await new Promise((resolve) => setTimeout(resolve, 100));
    const heard = listen(port);
    await until(() => heard.bytes().length >= PACKET_BYTES);
    t.ok(equal(heard.bytes(), everyByte(PACKET_BYTES, 3)));
  });

  if (kind.isPackets) {
    void t.test(`${kind.name}: each packet is one chunk`, async (t) => {
      const { rig, port } = await opened(t, kind);
      const heard = listen(port);
      for (let size = 1; size <= PACKET_BYTES; size++) rig.send(everyByte(size, size));
      await until(() => heard.chunks.length >= PACKET_BYTES);
      t.same(
        heard.chunks.map((chunk) => chunk.length),
        Array.from({ length: PACKET_BYTES }, (_, at) => at + 1),
      );
    });
  }
}

function endTests(t: Test, kind: PortKind): void {
  void t.test(`${kind.name}: pulled out, it ends as unplugged and says so`, async (t) => {
    const { rig, port } = await opened(t, kind);
    listen(port);
    rig.stall();
    const pending = fill(port);
    await rig.unplug();
    const end = await port.closed;
    t.equal(end.reason, 'unplugged', end.error?.message ?? '');
    t.equal(end.error?.code, 'TRANSPORT_ABSENT');
    t.match(await pending, { code: 'TRANSPORT_CLOSED' }, 'the write that waited ends');
    await t.rejects(port.write(everyByte(1, 1)), { code: 'TRANSPORT_CLOSED' });
    await port.close();
    t.equal((await port.closed).reason, 'unplugged', 'the first end counts');
  });

  void t.test(`${kind.name}: closed, it ends as requested and is free again`, async (t) => {
    const { rig, port } = await opened(t, kind);
    await Promise.all([port.close(), port.close()]);
    t.same(await port.closed, { reason: 'requested' });
    await t.rejects(port.write(everyByte(1, 1)), { code: 'TRANSPORT_CLOSED' });
    const again = await kind.open(rig.address);
    const before = rig.received().length;
    await again.write(everyByte(PACKET_BYTES, 5));
    await until(() => rig.received().length >= before + PACKET_BYTES);
    await again.close();
  });

  void t.test(`${kind.name}: closing ends the writes that wait`, async (t) => {
    const { rig, port } = await opened(t, kind);
    rig.stall();
    const first = fill(port);
    const second = settled(port.write(everyByte(1, 1)));
    await port.close();
    t.match(await first, { code: 'TRANSPORT_CLOSED' });
    t.match(await second, { code: 'TRANSPORT_CLOSED' });
  });
}

function refusalTests(t: Test, kind: PortKind): void {
  void t.test(`${kind.name}: where nothing is, it says absent`, async (t) => {
    await t.rejects(kind.open(kind.absentAddress), { code: 'TRANSPORT_ABSENT', retryable: true });
  });

  if (kind.isExclusive) {
    void t.test(`${kind.name}: a second opener is told that it is busy`, async (t) => {
      const { rig, port } = await opened(t, kind);
      await t.rejects(kind.open(rig.address), { code: 'TRANSPORT_BUSY' });
      await port.close();
      await (await kind.open(rig.address)).close();
    });
  }
}

async function opened(t: Test, kind: PortKind): Promise<{ rig: TransportRig; port: Transport }> {
  const rig = await kind.createRig(t);
  t.teardown(() => rig.close());
  const port = await kind.open(rig.address);
  t.teardown(() => port.close());
  t.equal(port.address, rig.address);
  return { rig, port };
}

interface Heard {
  readonly chunks: readonly Uint8Array[];
  bytes(): Uint8Array;
}

function listen(port: Transport): Heard {
  const chunks: Uint8Array[] = [];
  port.onData((bytes) => void chunks.push(bytes));
  return { chunks, bytes: () => Buffer.concat(chunks) };
}

/** More than the way holds; how the last of these writes ended. */
async function fill(port: Transport): Promise<unknown> {
  const piece = new Uint8Array(STALLING_PIECE_BYTES);
  const pieces = Array.from({ length: STALLING_BYTES / piece.length }, () => port.write(piece));
  return (await Promise.all(pieces.map(settled))).at(-1);
}

/** How a write ended: undefined, or our error. */
function settled(write: Promise<void>): Promise<unknown> {
  return write.then(
    () => undefined,
    (error: unknown) => (isTillgateError(error) ? error : { notOurs: error }),
  );
}

/** All 256 values in an order that no shift or swap leaves the same. */
export function everyByte(length: number, step: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => (at * step + (at >> 8)) & 0xff);
}

function cut(bytes: Uint8Array, size: number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
  return pieces;
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

async function until(holds: () => boolean): Promise<void> {
  for (let waited = 0; !holds() && waited < WAIT_MS; waited += 10) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
