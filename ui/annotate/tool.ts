/** What a tool sees of the screen, and what the screen asks of a tool. */
import type { Box, Shape } from '../../server/labels/annotation.ts';
import type { Drawing, Item } from './drawing.ts';
import type { Corner } from './reshape.ts';

export type ToolName = 'select' | 'pan' | 'box' | 'polygon' | 'hole' | 'brush' | 'eraser' | 'fill';

/** A pointer on the picture. */
export interface Press {
  /** Picture pixels. */
  x: number;
  y: number;
  /** CSS pixels on the canvas. */
  sx: number;
  sy: number;
  /** How near is near enough, picture pixels: more under a finger than under a mouse. */
  reach: number;
  shift: boolean;
  finger: boolean;
}

/** Sentences that a tool has for the person; the page translates them. */
export type Notice = 'hole.choose' | 'hole.outside' | 'hole.crosses' | 'empty' | 'class.none' | 'class.too-many';

export interface Desk {
  readonly drawing: Drawing;
  /** Nothing may be changed. */
  readonly locked: boolean;
  /** Class of what is made next; 0: none chosen. */
  readonly label: number;
  /** Picture pixels a CSS pixel. */
  readonly pixel: number;
  /** Radius of the brush, picture pixels. */
  readonly brush: number;
  readonly selection: ReadonlySet<number>;
  /** The one that is selected, if it is one. */
  single(): Item | null;
  select(ids: readonly number[]): void;
  visible(item: Item): boolean;
  /** Shapes as they are while they are dragged; null ends it. */
  preview(shapes: ReadonlyMap<number, Shape> | null): void;
  /** The corner that Delete takes away. */
  corner: Corner | null;
  refresh(): void;
  say(notice: Notice): void;
  /** Adds a shape of the chosen class, cut to the picture, and selects it. */
  make(shape: Shape): void;
}

export interface Tool {
  /** The pointer went down. */
  down(press: Press): void;
  move(press: Press): void;
  up(press: Press): void;
  /** The pointer moves without a button. */
  hover(press: Press): void;
  /** What has begun is given up: Esc, another tool, another picture. True: there was something. */
  cancel(): boolean;
  /** Only the press that is under way is given up, and what it has done; points that were set before it stay: a second finger, a lost pointer. */
  interrupt(): void;
  /** Enter. True: it was of use. */
  finish(): boolean;
  /** Takes the last point of what is just being drawn. True: there was one. */
  back(): boolean;
  cursor(press: Press | null): string;
  paint(context: CanvasRenderingContext2D, pixel: number, hover: Press | null): void;
  /** Points that are set of what is being drawn. */
  points?(): number;
  /** What is being drawn now, picture pixels: the page shows its size. */
  extent?(): Box | null;
}
