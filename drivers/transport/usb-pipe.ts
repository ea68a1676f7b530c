/** Which interface and endpoints of a USB device carry its bytes, from its descriptors alone. */

/** The part of the package `usb` that is used here; its own types want a browser's. */
export interface NativeUsbDevice {
  readonly vendorId: number;
  readonly productId: number;
  readonly serialNumber: string | null;
  readonly bus: string;
  readonly address: number;
  readonly ports: readonly number[];
  readonly configuration: { readonly interfaces: readonly NativeInterface[] } | null;
  open(): Promise<void>;
  close(): Promise<void>;
  claimInterface(number: number): Promise<void>;
  releaseInterface(number: number): Promise<void>;
  selectAlternateInterface(number: number, setting: number): Promise<void>;
  detachKernelDriver(number: number): Promise<void>;
  attachKernelDriver(number: number): Promise<void>;
  clearHalt(direction: 'in' | 'out', endpoint: number): Promise<void>;
  transferIn(
    endpoint: number,
    length: number,
    waitMs: number,
  ): Promise<{ readonly status: string; readonly data?: { readonly buffer: ArrayBuffer } }>;
  transferOut(
    endpoint: number,
    data: Uint8Array,
    waitMs: number,
  ): Promise<{ readonly status: string; readonly bytesWritten: number }>;
}

interface NativeInterface {
  readonly interfaceNumber: number;
  readonly alternates: readonly NativeAlternate[];
}

interface NativeAlternate {
  readonly alternateSetting: number;
  readonly interfaceClass: number;
  readonly interfaceProtocol: number;
  readonly endpoints: readonly {
    readonly endpointNumber: number;
    readonly direction: 'in' | 'out';
    readonly type: string;
    readonly packetSize: number;
  }[];
}

export interface PrinterPipe {
  readonly device: NativeUsbDevice;
  readonly interfaceNumber: number;
  readonly alternateSetting: number;
  readonly endpointOut: number;
  /** Missing where the device only takes bytes. */
  readonly endpointIn?: number;
  readonly packetOutBytes: number;
  readonly packetInBytes: number;
}

export interface UsbPipe extends PrinterPipe {
  readonly hadKernelDriver: boolean;
}

const CLASS_PRINTER = 0x07;
/** Star and others bring a class of their own beside or instead of the printer's. */
const CLASS_OF_MAKER = 0xff;
/** IEEE 1284.4 packets: more than bytes, so another alternate is better. */
const PROTOCOL_PACKETS = 0x03;

export function choosePrinterPipe(device: NativeUsbDevice): PrinterPipe | undefined {
  const pipes = (device.configuration?.interfaces ?? []).flatMap(
    ({ interfaceNumber, alternates }) =>
      alternates.flatMap((alternate) => {
        const pipe = pipeOf(device, interfaceNumber, alternate);
        return pipe === undefined ? [] : [{ pipe, rank: rankOf(alternate, pipe) }];
      }),
  );
  return pipes.filter(({ rank }) => rank > 0).sort((a, b) => b.rank - a.rank)[0]?.pipe;
}

function pipeOf(
  device: NativeUsbDevice,
  interfaceNumber: number,
  alternate: NativeAlternate,
): PrinterPipe | undefined {
  const bulk = alternate.endpoints.filter(({ type }) => type === 'bulk');
  const out = bulk.find(({ direction }) => direction === 'out');
  const back = bulk.find(({ direction }) => direction === 'in');
  if (out === undefined) return undefined;
  return {
    device,
    interfaceNumber,
    alternateSetting: alternate.alternateSetting,
    endpointOut: out.endpointNumber,
    ...(back === undefined ? {} : { endpointIn: back.endpointNumber }),
    packetOutBytes: out.packetSize,
    packetInBytes: back?.packetSize ?? 0,
  };
}

function rankOf(alternate: NativeAlternate, pipe: PrinterPipe): number {
  const canAnswer = pipe.endpointIn === undefined ? 0 : 1;
  if (alternate.interfaceClass === CLASS_OF_MAKER) return 1 + canAnswer;
  if (alternate.interfaceClass !== CLASS_PRINTER) return 0;
  return (alternate.interfaceProtocol === PROTOCOL_PACKETS ? 3 : 5) + canAnswer;
}
