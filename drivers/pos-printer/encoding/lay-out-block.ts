/**
 * Blocks of text as lines for a paper of so many cells. Pure geometry: nothing here knows bytes or
 * dots, so a line stands in the same columns whether it is printed or drawn.
 */
import type {
  ColumnsBlock,
  ItemBlock,
  ReceiptDocument,
  TextBlock,
  TotalBlock,
} from '../../../protocol/receipt/document-schema.ts';
import { formatAmount, formatScaled } from '../../../protocol/receipt/format-amount.ts';
import { receiptLabels } from '../../../protocol/receipt/labels/receipt-labels.ts';
import { minorUnitDigits } from '../../../protocol/currency.ts';
import type { Cell } from '../font/draw-text.ts';
import { columnWidths } from './column-widths.ts';
import { columnsOf, lineStyle } from './text-line.ts';
import type { LayoutContext, LineStyle, TextLine } from './text-line.ts';
import { cellsOf, spaces, widthOf } from './text-cells.ts';
import { wrapCells } from './wrap-cells.ts';

/** What is printed under a description begins here. */
const INDENT = 2;

export function layOutText(block: TextBlock, context: LayoutContext): TextLine[] {
  const paragraphs = cellsOf(block.text, context.text, block.bold);
  const style = lineStyle(block, paragraphs.flat(), context);
  const width = columnsOf(style, context.profile);
  return paragraphs
    .flatMap((cells) => wrapCells(cells, width))
    .map((cells) => ({ cells, align: block.align ?? 'left', style }));
}

export function layOutColumns(block: ColumnsBlock, context: LayoutContext): TextLine[] {
  const texts = block.columns.map((column) => {
    const isBold = column.bold ?? block.bold ?? false;
    return cellsOf(column.text, context.text, isBold);
  });
  const style = lineStyle(block, texts.flat(2), context);
  const { widths, gap } = columnWidths(block.columns, columnsOf(style, context.profile));
  const stacks = texts.map((paragraphs, at) =>
    paragraphs.flatMap((cells) => wrapCells(cells, widths[at] ?? 1)),
  );
  const rows = Math.max(...stacks.map((stack) => stack.length));
  return Array.from({ length: rows }, (_, row) => {
    const cells = stacks.flatMap((stack, at): Cell[] => {
      const isLast = at === stacks.length - 1;
      const place = { width: widths[at] ?? 1, align: block.columns[at]?.align ?? 'left' };
      return [...padded(stack[row] ?? [], place), ...spaces(isLast ? 0 : gap)];
    });
    return { cells, align: 'left', style };
  });
}

export function layOutTotal(
  block: TotalBlock,
  document: ReceiptDocument,
  context: LayoutContext,
): TextLine[] {
  const bold = block.bold ?? false;
  const currency = block.currency ?? document.currency;
  const language = document.language ?? 'en';
  const amount = formatAmount(block.amount, { language, currency, withCurrency: true });
  const [label = []] = cellsOf(block.label, context.text, bold);
  const [value = []] = cellsOf(amount, context.text, bold);
  const style = lineStyle(block, [...label, ...value], context);
  return sideBySide(label, value, { style, context });
}

export function layOutItem(
  block: ItemBlock,
  document: ReceiptDocument,
  context: LayoutContext,
): TextLine[] {
  const language = document.language ?? 'en';
  const currency = block.currency ?? document.currency;
  const withCurrency = block.currency !== undefined && block.currency !== document.currency;
  const form = { language, currency, withCurrency };
  const style = lineStyle({}, [], context);
  const text = (content: string): Cell[] => cellsOf(content, context.text)[0] ?? [];
  const amount = text(formatAmount(block.amount, form));
  const description = text(block.description.replaceAll('\n', ' '));
  const count = countText(block, language, currency);
  const head =
    count === ''
      ? sideBySide(description, amount, { style, context })
      : [
          ...linesOf(description, style, context),
          ...sideBySide([...spaces(INDENT), ...text(count)], amount, { style, context }),
        ];
  const discounts = (block.discounts ?? []).flatMap((discount) => {
    const label = discount.description ?? receiptLabels(language).discount;
    const less = text(formatAmount(discount.amount === 0 ? 0 : -discount.amount, form));
    return sideBySide([...spaces(INDENT), ...text(label)], less, { style, context });
  });
  return [...head, ...discounts];
}

/** `6 x 2.55`, `0.425 kg x 12.90`; nothing for a single piece without a unit. */
function countText(
  block: ItemBlock,
  language: 'en' | 'de' | 'zh',
  currency: string | undefined,
): string {
  const { quantity, unitPrice } = block;
  if (quantity === undefined) return '';
  const isOne = quantity.value === 10 ** quantity.scale && quantity.unit === undefined;
  if (isOne) return '';
  const unit = quantity.unit === undefined ? '' : ` ${quantity.unit}`;
  const count = `${formatScaled(quantity, language)}${unit}`;
  if (unitPrice === undefined) return count;
  const digits = currency === undefined ? 2 : (minorUnitDigits(currency) ?? 0);
  return `${count} x ${formatScaled(unitPrice, language, digits)}`;
}

interface Setting {
  readonly style: LineStyle;
  readonly context: LayoutContext;
}

/** A text on the left, wrapped where it would reach the one on the right, which stands on its last line. */
function sideBySide(
  left: readonly Cell[],
  right: readonly Cell[],
  { style, context }: Setting,
): TextLine[] {
  const width = columnsOf(style, context.profile);
  const room = width - widthOf(right) - 1;
  const indent = left.findIndex((cell) => cell.character !== ' ');
  if (room < Math.min(width / 3, widthOf(left))) {
    const own = wrapCells(right, width).map((cells): TextLine => ({
      cells,
      align: 'right',
      style,
    }));
    return [...linesOf(left, style, context), ...own];
  }
  const lines = wrapCells(left, room);
  return lines.map((cells, at) => {
    const shown =
      at === 0
        ? cells
        : [...spaces(Math.max(0, Math.min(indent, room - widthOf(cells)))), ...cells];
    if (at < lines.length - 1) return { cells: shown, align: 'left', style };
    const padding = spaces(width - widthOf(shown) - widthOf(right));
    return { cells: [...shown, ...padding, ...right], align: 'left', style };
  });
}

function linesOf(cells: readonly Cell[], style: LineStyle, { profile }: LayoutContext): TextLine[] {
  return wrapCells(cells, columnsOf(style, profile)).map((line) => ({
    cells: line,
    align: 'left',
    style,
  }));
}

function padded(
  cells: readonly Cell[],
  { width, align }: { width: number; align: 'left' | 'center' | 'right' },
): Cell[] {
  const free = width - widthOf(cells);
  const before = align === 'left' ? 0 : align === 'right' ? free : Math.floor(free / 2);
  return [...spaces(before), ...cells, ...spaces(free - before)];
}
