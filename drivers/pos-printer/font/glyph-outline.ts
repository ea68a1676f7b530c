/**
 * Fills the outline of a glyph, many times finer than its dots will be. For the generator of the
 * raster font alone. Contours may overlap, as those of variable fonts do: the non-zero rule fills.
 */

/** Samples across one dot, in both directions. */
export const SAMPLES = 8;

/** A step of a pen; y grows downwards. */
export type PenStep =
  | { readonly type: 'M'; readonly x: number; readonly y: number }
  | { readonly type: 'L'; readonly x: number; readonly y: number }
  | {
      readonly type: 'Q';
      readonly x1: number;
      readonly y1: number;
      readonly x: number;
      readonly y: number;
    }
  | {
      readonly type: 'C';
      readonly x1: number;
      readonly y1: number;
      readonly x2: number;
      readonly y2: number;
      readonly x: number;
      readonly y: number;
    }
  | { readonly type: 'Z' };

/** Dots per unit, and where the pen's origin lies, in dots. */
export interface Placement {
  readonly scaleX: number;
  readonly scaleY: number;
  readonly left: number;
  readonly baseline: number;
}

type Point = readonly [x: number, y: number];

/** Straight pieces for each curve: the error is far below a sample. */
const CURVE_PIECES = 8;

export interface Samples {
  /** Samples a row, which is the width in dots times `SAMPLES`. */
  readonly width: number;
  readonly height: number;
  /** 1 where there is ink. */
  readonly ink: Uint8Array;
}

/** The ink of an outline on `width` × `height` dots. */
export function fillOutline(
  steps: readonly PenStep[],
  placement: Placement,
  size: { readonly width: number; readonly height: number },
): Samples {
  const width = size.width * SAMPLES;
  const height = size.height * SAMPLES;
  const ink = new Uint8Array(width * height);
  const edges = contoursOf(steps, placement).flatMap(edgesOf);
  for (let row = 0; row < height; row += 1)
    fillRow(edges, row, ink.subarray(row * width, (row + 1) * width));
  return { width, height, ink };
}

function fillRow(edges: readonly Edge[], row: number, ink: Uint8Array): void {
  const y = row + 0.5;
  const crossings = edges
    .filter((edge) => edge.top <= y && edge.bottom > y)
    .map((edge) => ({ x: edge.x + (y - edge.top) * edge.slope, turn: edge.turn }))
    .sort((a, b) => a.x - b.x);
  let winding = 0;
  for (const [at, { x, turn }] of crossings.entries()) {
    winding += turn;
    const next = crossings[at + 1];
    if (winding === 0 || next === undefined) continue;
    const from = Math.max(0, Math.ceil(x - 0.5));
    ink.fill(1, from, Math.max(from, Math.ceil(next.x - 0.5)));
  }
}

type Edge = { top: number; bottom: number; x: number; slope: number; turn: 1 | -1 };

function edgesOf(contour: readonly Point[]): Edge[] {
  return contour.flatMap((from, at): Edge[] => {
    const to = contour[(at + 1) % contour.length] ?? from;
    if (from[1] === to[1]) return [];
    const [upper, lower] = from[1] < to[1] ? [from, to] : [to, from];
    const slope = (lower[0] - upper[0]) / (lower[1] - upper[1]);
    const turn = from[1] < to[1] ? 1 : -1;
    return [{ top: upper[1], bottom: lower[1], x: upper[0], slope, turn }];
  });
}

/** Closed contours of straight lines, in samples. */
function contoursOf(steps: readonly PenStep[], placement: Placement): Point[][] {
  const contours: Point[][] = [];
  let contour: Point[] = [];
  const place = (x: number, y: number): Point => [
    (placement.left + x * placement.scaleX) * SAMPLES,
    (placement.baseline + y * placement.scaleY) * SAMPLES,
  ];
  for (const step of steps) {
    if (step.type === 'Z') continue;
    const end = place(step.x, step.y);
    if (step.type === 'M') {
      contour = [end];
      contours.push(contour);
      continue;
    }
    const start = contour.at(-1) ?? end;
    if (step.type === 'L') {
      contour.push(end);
    } else if (step.type === 'Q') {
      contour.push(...curve([start, place(step.x1, step.y1), end]));
    } else {
      contour.push(...curve([start, place(step.x1, step.y1), place(step.x2, step.y2), end]));
    }
  }
  return contours;
}

/** Points of a Bézier curve of any degree (de Casteljau), without its start. */
function curve(control: readonly Point[]): Point[] {
  return Array.from({ length: CURVE_PIECES }, (_, at) => {
    const t = (at + 1) / CURVE_PIECES;
    let points = control;
    while (points.length > 1) {
      points = points.slice(1).map(([x, y], index) => {
        const [px, py] = points[index] ?? [x, y];
        return [px + (x - px) * t, py + (y - py) * t] as const;
      });
    }
    return points[0] ?? [0, 0];
  });
}
