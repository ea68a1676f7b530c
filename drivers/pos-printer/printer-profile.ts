/**
 * What a model of printer can do, as data. The profiles themselves stand in profiles.json, checked by
 * a test; code asks a profile and never a model's name.
 */

/** How a printer that has been sent a job can be asked whether it is on paper. */
export type Confirmation =
  /** `GS ( H` fn 48: the printer answers with the job's own id after all before it is printed. */
  | 'processId'
  /** `GS r 1` behind the cut: answered only when it is reached. */
  | 'barrier'
  /** Nothing tells: a print is `done` and says that it is unconfirmed. */
  | 'none';

export interface PrinterProfile {
  /** `epson-tm-t88` */
  readonly id: string;
  /** For people. */
  readonly title: string;
  /** Where the facts are from, and which of them are guesses. */
  readonly comment: string;
  /** Printable dots of a line. */
  readonly widthDots: number;
  readonly dotsPerInch: 160 | 180 | 203;
  readonly fonts: {
    readonly A: {
      readonly columns: number;
      readonly cellWidth: number;
      readonly cellHeight: number;
    };
    readonly B?: {
      readonly columns: number;
      readonly cellWidth: number;
      readonly cellHeight: number;
    };
  };
  /**
   * Has `ESC !`, which knows twice as wide and high, in place of `GS !`, and no `GS B`: larger and
   * inverted text is drawn.
   */
  readonly doubleSizeOnly?: boolean;
  /** Code page name (as iconv-lite knows it) → n of `ESC t n`; the first one is the default. */
  readonly codePages: Readonly<Record<string, number>>;
  /** The Chinese characters of `FS &`; `none` means they are drawn. */
  readonly chinese: 'gb18030' | 'gb2312' | 'none';
  /** Cells of font A that a Chinese character fills, and its size in dots. */
  readonly chineseCell: { readonly columns: 2; readonly width: number; readonly height: number };
  /** Takes `FS .` first, since it begins in Chinese mode whatever characters it has. */
  readonly startsInChinese: boolean;
  readonly cut: 'full' | 'partial' | 'none';
  /** Lines between print head and cutter. */
  readonly feedBeforeCut: number;
  readonly qr: boolean;
  /** Symbologies of `GS k` (function B). */
  readonly barcodes: readonly ('ean13' | 'ean8' | 'upca' | 'code39' | 'itf' | 'code128')[];
  /** How pictures are sent: `GS v 0`, or columns (`ESC * 33`) for old and narrow ones. */
  readonly image: 'raster' | 'column';
  /** For `column`: m of `ESC *`, the dots of a band, and n of `ESC 3` that joins bands. */
  readonly columnImage?: {
    readonly mode: 0 | 1 | 32 | 33;
    readonly bandDots: 8 | 24;
    readonly lineSpacing: number;
    /** Where it differs from across, pictures are drawn with fewer rows. */
    readonly verticalDotsPerInch: number;
  };
  readonly confirmation: Confirmation;
  /** Answers `DLE EOT n`. */
  readonly realTimeStatus: boolean;
  /** Pushes `GS a` automatic status. */
  readonly automaticStatus: boolean;
  /** Answers `GS I 65..69`. */
  readonly identity: boolean;
  /** Opens the drawer at once with `DLE DC4 1 m t`, also out of paper. */
  readonly realTimePulse: boolean;
  /** Takes `DLE ENQ 2` to recover and clear its buffer. */
  readonly recovers: boolean;
  /** Takes `DLE DC4 8` to clear its buffers, whatever its state; absent means it does not. */
  readonly clearsBuffers?: boolean;
}
