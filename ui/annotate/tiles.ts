/**
 * The shapes of a picture, drawn once into tiles at the present zoom and then only moved: thousands of polygons cost nothing while one pans. What changes
 * redraws the tiles that it touches. Tiles that are missing come within a time budget a frame, nearest to the middle first; until they are there, and
 * while the zoom changes, the tiles of the zoom before are shown enlarged or reduced.
 */
import type { Box } from '../../server/labels/annotation.ts';
import { meets } from './grid-index.ts';
import type { Size, View } from './view.ts';

/** Device pixels a side. */
const SIDE = 320;
/** Of a frame of 16 ms, so much goes into new tiles. */
const BUDGET_MS = 6;
/** Lines reach over the box of their shape, CSS pixels. */
const BLEED = 3;
/** After the zoom has rested so long, tiles are drawn for it. */
const REST_MS = 90;
/** Tiles kept for one zoom, as many as some windows full. */
const KEPT = 160;

interface Tile {
  canvas: HTMLCanvasElement;
  stale: boolean;
  used: number;
}

interface Zoom {
  /** Device pixels a picture pixel. */
  scale: number;
  tiles: Map<number, Tile>;
}

/** Draws what lies in `box` (picture pixels) into a context that is in picture coordinates; `pixel` is the size of a CSS pixel. */
export type Paint = (context: CanvasRenderingContext2D, box: Box, pixel: number) => void;

export class Tiles {
  readonly #paint: Paint;
  #now: Zoom = { scale: 0, tiles: new Map() };
  #before: Zoom | null = null;
  #restAt = 0;
  #frame = 0;
  #lastScale = 0;

  constructor(paint: Paint) {
    this.#paint = paint;
  }

  /** Everything is to be drawn anew. What there is stays in sight until then. */
  invalidateAll(): void {
    for (const tile of this.#now.tiles.values()) tile.stale = true;
    this.#before = null;
  }

  /** What lies in a box has changed. */
  invalidate(box: Box, ratio: number): void {
    const { scale, tiles } = this.#now;
    if (!scale) return;
    const bleed = (BLEED * ratio) / scale;
    const wide = { x: box.x - bleed, y: box.y - bleed, width: box.width + 2 * bleed, height: box.height + 2 * bleed };
    for (const [key, tile] of tiles) if (meets(this.#boxOf(key, scale), wide)) tile.stale = true;
    this.#before = null;
  }

  clear(): void {
    this.#now = { scale: 0, tiles: new Map() };
    this.#before = null;
  }

  #boxOf(key: number, scale: number): Box {
    const side = SIDE / scale;
    return { x: (key & 0xffff) * side, y: (key >>> 16) * side, width: side, height: side };
  }

  /** Tiles in sight, the nearest to the middle of the window first. */
  #wanted(view: View, window: Size, picture: Size, zoom: Zoom): number[] {
    const side = SIDE / zoom.scale;
    const [left, top] = [-view.x / view.scale, -view.y / view.scale];
    const [wide, high] = [window.width / view.scale, window.height / view.scale];
    const span = (from: number, length: number, most: number): [number, number] => [
      Math.max(0, Math.floor(from / side)),
      Math.min(Math.ceil(most / side), Math.ceil((from + length) / side)),
    ];
    const [x0, x1] = span(left, wide, picture.width);
    const [y0, y1] = span(top, high, picture.height);
    const keys: { key: number; far: number }[] = [];
    for (let y = y0; y < y1; y++) {
      for (let x = x0; x < x1; x++) {
        keys.push({ key: (y << 16) | x, far: Math.hypot((x + 0.5) * side - left - wide / 2, (y + 0.5) * side - top - high / 2) });
      }
    }
    return keys.sort((a, b) => a.far - b.far).map(({ key }) => key);
  }

  /**
   * Draws the window. `ratio` is device pixels a CSS pixel; the context is in device pixels. True: something is still missing, call again in the next frame.
   */
  draw(context: CanvasRenderingContext2D, view: View, ratio: number, window: Size, picture: Size): boolean {
    const scale = view.scale * ratio;
    const time = performance.now();
    this.#frame++;
    let more = false;
    if (this.#now.scale !== scale) {
      if (!this.#now.tiles.size) this.#now.scale = scale;
      else if (this.#restAt === 0 || this.#lastScale !== scale) {
        this.#restAt = time + REST_MS;
        more = true;
      } else if (time >= this.#restAt) {
        this.#before = this.#now;
        this.#now = { scale, tiles: new Map() };
        this.#restAt = 0;
      } else more = true;
    } else this.#restAt = 0;
    this.#lastScale = scale;
    const wanted = this.#wanted(view, window, picture, this.#now);
    let missing = 0;
    for (const key of wanted) {
      const tile = this.#now.tiles.get(key);
      if (tile && !tile.stale) continue;
      // The first one is drawn whatever the time: a single change is seen at once.
      if (performance.now() - time > BUDGET_MS || (this.#now.scale !== scale && !tile)) missing++;
      else this.#make(key, tile, ratio);
    }
    if (missing && this.#now.scale === scale) more = true;
    if (missing && this.#before) this.#show(context, this.#before, this.#wanted(view, window, picture, this.#before), view, ratio, this.#now);
    else if (!missing) this.#before = null;
    this.#show(context, this.#now, wanted, view, ratio, null);
    this.#trim();
    return more;
  }

  #make(key: number, old: Tile | undefined, ratio: number): void {
    const { scale, tiles } = this.#now;
    const canvas = old?.canvas ?? document.createElement('canvas');
    canvas.width = SIDE;
    canvas.height = SIDE;
    const context = canvas.getContext('2d') as CanvasRenderingContext2D;
    const box = this.#boxOf(key, scale);
    context.setTransform(scale, 0, 0, scale, -box.x * scale, -box.y * scale);
    const bleed = (BLEED * ratio) / scale;
    this.#paint(context, { x: box.x - bleed, y: box.y - bleed, width: box.width + 2 * bleed, height: box.height + 2 * bleed }, ratio / scale);
    tiles.set(key, { canvas, stale: false, used: this.#frame });
  }

  /** `over`: tiles of this zoom cover the place already; under half-transparent shapes nothing may shine through. */
  #show(context: CanvasRenderingContext2D, zoom: Zoom, keys: readonly number[], view: View, ratio: number, over: Zoom | null): void {
    const by = (view.scale * ratio) / zoom.scale;
    const side = SIDE * by;
    const [x0, y0] = [Math.round(view.x * ratio), Math.round(view.y * ratio)];
    if (over) {
      context.save();
      const hole = new Path2D();
      hole.rect(-1e6, -1e6, 2e6, 2e6);
      const overSide = (SIDE * view.scale * ratio) / over.scale;
      for (const key of over.tiles.keys()) hole.rect(x0 + (key & 0xffff) * overSide, y0 + (key >>> 16) * overSide, overSide, overSide);
      context.clip(hole, 'evenodd');
    }
    for (const key of keys) {
      const tile = zoom.tiles.get(key);
      if (!tile) continue;
      tile.used = this.#frame;
      context.drawImage(tile.canvas, x0 + (key & 0xffff) * side, y0 + (key >>> 16) * side, side, side);
    }
    if (over) context.restore();
  }

  #trim(): void {
    const { tiles } = this.#now;
    if (tiles.size <= KEPT) return;
    const oldest = [...tiles].sort((a, b) => a[1].used - b[1].used);
    for (const [key, tile] of oldest.slice(0, tiles.size - KEPT)) if (tile.used !== this.#frame) tiles.delete(key);
  }
}
