/**
 * The canvas of the work screen: the picture (with brightness and contrast), the shapes (from tiles), and what is chosen, drawn or pointed at, in layers of
 * their own (layers.ts).
 *
 *     const stage = new Stage(host, { look, label: () => 3, … });
 *     stage.show({ picture, drawing });   stage.use('box');   stage.undo();   stage.end();
 */
import type { Box, Shape } from '../../server/labels/annotation.ts';
import { boxOf } from '../../server/labels/shapes.ts';
import type { Drawing, Item, Step } from './drawing.ts';
import { dot, outline, paintChosen, paintCorners, paintCross, paintHandles, paintItems, paintName } from './ink.ts';
import { type Layer, Layers } from './layers.ts';
import { Pixels } from './pixels.ts';
import { Gestures } from './pointer.ts';
import { type Corner, fittedShape, withoutCorner } from './reshape.ts';
import { Tiles } from './tiles.ts';
import type { Desk, Notice, Press, Tool, ToolName } from './tool.ts';
import { makeTool } from './tools.ts';
import { fitted, inSight, panned, type Size, showing, type View, zoomed } from './view.ts';

/** A decoded picture with smaller copies of itself: drawing a large one reduced costs as much as drawing a small one. */
export interface Picture extends Size {
  /** The full size first, each half of the one before. */
  readonly levels: readonly CanvasImageSource[];
}

export interface StageOptions {
  colour(label: number): string;
  name(label: number): string;
  /** Class of what is made next; 0: none. */
  label(): number;
  locked(): boolean;
  selected(ids: readonly number[]): void;
  say(notice: Notice): void;
  /** Zoom, pan or size of the window have changed. */
  viewed(scale: number): void;
  /** So many points are set of a polygon that is being drawn. */
  drawing(points: number): void;
  /** Where the pointer is, picture pixels, and the size of what is being drawn. */
  pointed(at: { x: number; y: number } | null, extent: Box | null): void;
}

export interface Appearance {
  shapes: boolean;
  names: boolean;
  crosshair: boolean;
  /** Of the inside of shapes and of pixel labels, 0 to 1. */
  opacity: number;
  brightness: number;
  contrast: number;
}

/** More chosen shapes than these are drawn into the tiles with the others, or every move of the pointer would draw them all. */
const FEW = 40;
/** Of what is chosen. */
const CHOSEN_LINE = 2.5;
const CHOSEN_OPACITY = 0.12;
/** So many names are legible at once. */
const MOST_NAMES = 150;
const NAME_FROM = 28;

export class Stage {
  readonly #options: StageOptions;
  readonly #layers: Layers;
  readonly #watch: ResizeObserver;
  readonly #gestures: Gestures;
  readonly #tiles: Tiles;
  readonly #hidden = new Set<number>();
  #hiddenClasses: ReadonlySet<number> = new Set();
  readonly #desk: Desk;
  #picture: Picture | null = null;
  #drawing: Drawing | null = null;
  #pixels: Pixels | null = null;
  #off: (() => void)[] = [];
  #view: View = { scale: 1, x: 0, y: 0 };
  #fit = true;
  #tool: Tool;
  /** The tool that is chosen, and which one `#tool` is: the same, but where a polygon waits while the picture is moved. */
  #toolName: ToolName = 'select';
  #held: ToolName = 'select';
  #selection: ReadonlySet<number> = new Set();
  #preview: ReadonlyMap<number, Shape> | null = null;
  #hover: Press | null = null;
  #corner: Corner | null = null;
  #points = 0;
  #topEmpty = false;
  #look: Appearance = { shapes: true, names: false, crosshair: true, opacity: 0.25, brightness: 1, contrast: 1 };
  brush = 12;

  constructor(host: HTMLElement, options: StageOptions) {
    this.#options = options;
    this.#layers = new Layers(host, (layer) => this.#paint(layer));
    this.#tiles = new Tiles((context, box, pixel) => this.#paintTile(context, box, pixel));
    this.#desk = this.#makeDesk();
    this.#tool = makeTool('select', this.#desk);
    this.#watch = new ResizeObserver(() => this.#measure());
    this.#watch.observe(host);
    this.#gestures = new Gestures(this.#layers.canvas.top, {
      place: (sx, sy, finger, shift) => this.#press(sx, sy, finger, shift),
      panning: () => this.#toolName === 'pan',
      down: (press) => this.#guarded(() => this.#tool.down(press)),
      move: (press) => {
        this.#hover = press;
        this.#guarded(() => this.#tool.move(press));
      },
      up: (press) => this.#guarded(() => this.#tool.up(press)),
      hover: (press) => {
        this.#hover = press;
        if (press) this.#tool.hover(press);
        this.#point();
        this.#cursor();
        this.#soon('top');
      },
      interrupt: () => {
        this.#tool.interrupt();
        this.#soon('top');
      },
      pan: (dx, dy) => this.#lookAt(panned(this.#view, dx, dy, this.#size, this.#window)),
      zoom: (factor, sx, sy) => this.zoom(factor, sx, sy),
      cursor: () => this.#cursor(),
    });
    this.#measure();
  }

  end(): void {
    this.#watch.disconnect();
    this.#gestures.end();
    for (const off of this.#off) off();
    this.#layers.end();
  }

  get #size(): Size {
    return this.#drawing?.size ?? { width: 1, height: 1 };
  }
  get #window(): Size {
    return this.#layers.window;
  }
  get #ratio(): number {
    return this.#layers.ratio;
  }
  get chosen(): ReadonlySet<number> {
    return this.#selection;
  }

  #makeDesk(): Desk {
    const stage = this;
    return {
      get drawing() {
        return stage.#drawing as Drawing;
      },
      get locked() {
        return stage.#options.locked();
      },
      get label() {
        return stage.#options.label();
      },
      get pixel() {
        return 1 / stage.#view.scale;
      },
      get brush() {
        return stage.brush;
      },
      get selection() {
        return stage.#selection;
      },
      get corner() {
        return stage.#corner;
      },
      set corner(corner) {
        stage.#corner = corner;
      },
      single: () => stage.#single(),
      select: (ids) => stage.select(ids),
      visible: (item) => stage.visible(item),
      preview: (shapes) => {
        const [was, is] = [stage.#inTiles, shapes === null && stage.#selection.size > FEW];
        stage.#preview = shapes;
        if (was !== is) {
          stage.#tiles.invalidateAll();
          stage.#soon('shapes');
        }
        stage.#soon('top');
      },
      refresh: () => stage.#soon('top'),
      say: (notice) => stage.#options.say(notice),
      make: (shape) => {
        const drawing = stage.#drawing as Drawing;
        const fit = fittedShape(shape, drawing.size);
        if (!fit) return stage.#options.say('empty');
        stage.select(drawing.add([fit]).map((item) => item.id));
      },
    };
  }

  /**
   * Another picture with its shapes; pictures of one size one after another keep the zoom. `again`: the same picture with newer shapes: what is just being drawn
   * and what is chosen stays.
   */
  show(of: { picture: Picture; drawing: Drawing }, again = false): void {
    for (const off of this.#off) off();
    if (again && !this.#options.locked()) this.#tool.interrupt();
    else this.#tool.cancel();
    const same = this.#picture?.width === of.picture.width && this.#picture.height === of.picture.height;
    this.#picture = of.picture;
    this.#drawing = of.drawing;
    this.#selection = new Set(again ? [...this.#selection].filter((id) => of.drawing.get(id)) : []);
    this.#preview = null;
    this.#corner = null;
    if (!again) this.#hidden.clear();
    this.#tiles.clear();
    this.#pixels = of.drawing.pixels ? new Pixels(of.drawing.pixels, (label) => (this.#hiddenClasses.has(label) ? null : this.#options.colour(label))) : null;
    this.#off = [of.drawing.onStep((step) => this.#stepped(step))];
    if (of.drawing.pixels) this.#off.push(of.drawing.pixels.onWrite(() => this.#soon('shapes')));
    if (!same) this.#fit = true;
    if (this.#fit) this.#view = fitted(of.picture, this.#window);
    this.#options.selected([...this.#selection]);
    this.#options.viewed(this.#view.scale);
    this.#layers.all();
    // Now, not in a frame: the next picture stands there at once.
    this.#layers.draw();
  }

  /** Smaller copies have come. */
  sharpened(picture: Picture): void {
    if (this.#picture?.width !== picture.width || this.#picture.height !== picture.height) return;
    this.#picture = picture;
    this.#soon('picture');
  }

  get appearance(): Readonly<Appearance> {
    return this.#look;
  }
  set appearance(next: Readonly<Appearance>) {
    const before = this.#look;
    this.#look = { ...next };
    if (before.brightness !== next.brightness || before.contrast !== next.contrast) {
      const plain = next.brightness === 1 && next.contrast === 1;
      this.#layers.canvas.picture.style.filter = plain ? '' : `brightness(${next.brightness}) contrast(${next.contrast})`;
    }
    if (before.opacity !== next.opacity) this.#tiles.invalidateAll();
    this.#soon('shapes');
    this.#soon('top');
  }

  /** Colours or names of classes have changed. */
  recolour(): void {
    this.#tiles.invalidateAll();
    this.#pixels?.recolour();
    this.#soon('shapes');
    this.#soon('top');
  }

  // ---------------------------------------------------------------- selection and steps

  #single(): Item | null {
    if (this.#selection.size !== 1) return null;
    const [id] = this.#selection;
    return this.#drawing?.get(id as number) ?? null;
  }

  /** What is chosen is in the tiles. */
  get #inTiles(): boolean {
    return this.#preview === null && this.#selection.size > FEW;
  }

  visible(item: Item): boolean {
    return this.#look.shapes && !this.#hidden.has(item.id) && !this.#hiddenClasses.has(item.shape.label);
  }

  /** Layers of these classes are not shown. */
  set hiddenClasses(classes: ReadonlySet<number>) {
    this.#hiddenClasses = classes;
    this.recolour();
    this.#letGo((id) => classes.has(this.#drawing?.get(id)?.shape.label ?? 0));
  }

  select(ids: readonly number[], bring = false): void {
    const [before, inTiles] = [this.#selection, this.#inTiles];
    this.#selection = new Set(ids);
    this.#corner = null;
    if (inTiles !== this.#inTiles) this.#tiles.invalidateAll();
    for (const id of before) if (!this.#selection.has(id)) this.#touch(id);
    for (const id of this.#selection) if (!before.has(id)) this.#touch(id);
    const box = ids.length === 1 ? this.#drawing?.index.box(ids[0] as number) : undefined;
    if (bring && box) this.#lookAt(showing(this.#view, box, this.#size, this.#window));
    this.#soon('shapes');
    this.#soon('top');
    this.#options.selected([...this.#selection]);
  }

  hidden(id: number): boolean {
    return this.#hidden.has(id);
  }
  hide(ids: readonly number[], hidden: boolean): void {
    for (const id of ids) {
      if (hidden) this.#hidden.add(id);
      else this.#hidden.delete(id);
      this.#touch(id);
    }
    if (hidden) this.#letGo((id) => ids.includes(id));
    this.#soon('shapes');
    this.#soon('top');
  }

  /** What has just been hidden is chosen no longer: Delete would take away what nobody sees. */
  #letGo(gone: (id: number) => boolean): void {
    const kept = [...this.#selection].filter((id) => !gone(id));
    if (kept.length < this.#selection.size) this.select(kept);
  }

  #touch(id: number): void {
    const box = this.#drawing?.index.box(id);
    if (box) this.#tiles.invalidate(box, this.#ratio);
  }

  #stepped(step: Step): void {
    for (const { before, after } of step.changes) {
      for (const item of [before, after]) {
        const box = item && boxOf(item.shape);
        if (box) this.#tiles.invalidate(box, this.#ratio);
      }
    }
    const gone = [...this.#selection].filter((id) => !this.#drawing?.get(id));
    if (gone.length) this.select([...this.#selection].filter((id) => !gone.includes(id)));
    else if (this.#selection.size) this.#options.selected([...this.#selection]);
    this.#corner = null;
    this.#soon('shapes');
    this.#soon('top');
  }

  /** A polygon has been begun, and can still be closed. */
  get unfinished(): boolean {
    return (this.#tool.points?.() ?? 0) > 0 && !this.#options.locked();
  }

  /** False, and nothing is done: a polygon that has been begun would be lost. It only waits while the picture is moved. */
  use(name: ToolName): boolean {
    if (this.unfinished) {
      if (name !== 'pan' && name !== this.#held) return false;
      this.#tool.interrupt();
    } else {
      this.#tool.cancel();
      this.#tool = makeTool(name, this.#desk);
      this.#held = name;
    }
    this.#toolName = name;
    this.#corner = null;
    this.#cursor();
    this.#soon('top');
    return true;
  }

  undo(): void {
    if (this.#tool.back()) return;
    this.#tool.cancel();
    if (!this.#options.locked()) this.#drawing?.undo();
  }
  redo(): void {
    this.#tool.cancel();
    if (!this.#options.locked()) this.#drawing?.redo();
  }
  /** Enter. */
  finish(): boolean {
    return this.#tool.finish();
  }
  /** Takes the last point back of what is being drawn. */
  back(): void {
    this.#tool.back();
  }
  /** Esc: what has begun, else the selection. */
  cancel(): boolean {
    if (this.#tool.cancel()) {
      this.#soon('top');
      return true;
    }
    if (!this.#selection.size) return false;
    this.select([]);
    return true;
  }

  /** Delete: the chosen corner, else the chosen shapes. */
  remove(): void {
    const drawing = this.#drawing;
    if (!drawing || this.#options.locked() || this.#tool.back()) return;
    const item = this.#single();
    if (this.#corner && item?.shape.kind === 'polygon') {
      const parts = withoutCorner(item.shape.parts, this.#corner);
      const shape = parts && fittedShape({ ...item.shape, parts }, drawing.size);
      drawing.change([{ id: item.id, shape }]);
      return;
    }
    drawing.remove([...this.#selection]);
  }

  /** Moves what is chosen by picture pixels. */
  nudge(dx: number, dy: number, move: (shape: Shape, dx: number, dy: number, size: Size) => Shape): void {
    const drawing = this.#drawing;
    if (!drawing || this.#options.locked()) return;
    const items = [...this.#selection].flatMap((id) => drawing.get(id) ?? []);
    drawing.change(items.flatMap((item) => (item.proposed === null ? [{ id: item.id, shape: move(item.shape, dx, dy, drawing.size) }] : [])));
  }

  // ---------------------------------------------------------------- view

  reset(): void {
    this.#fit = true;
    this.#lookAt(fitted(this.#size, this.#window), true);
  }
  zoom(factor: number, sx = this.#window.width / 2, sy = this.#window.height / 2): void {
    this.#lookAt(zoomed(this.#view, factor, sx, sy, this.#size, this.#window));
  }

  #lookAt(view: View, fit = false): void {
    if (!this.#drawing) return;
    this.#fit = fit;
    this.#view = view;
    this.#options.viewed(view.scale);
    this.#layers.all();
  }

  #measure(): void {
    const before = this.#window;
    if (!this.#layers.measure()) return;
    if (this.#drawing) {
      const { scale, x, y } = this.#view;
      const moved = { scale, x: x + (this.#window.width - before.width) / 2, y: y + (this.#window.height - before.height) / 2 };
      this.#view = this.#fit ? fitted(this.#size, this.#window) : inSight(moved, this.#size, this.#window);
      this.#options.viewed(this.#view.scale);
    }
    this.#layers.all();
    // A resized canvas is empty until it is drawn.
    this.#layers.draw();
  }

  #press(sx: number, sy: number, finger: boolean, shift: boolean): Press {
    const { scale, x, y } = this.#view;
    return { sx, sy, x: (sx - x) / scale, y: (sy - y) / scale, reach: (finger ? 18 : 7) / scale, finger, shift };
  }

  #guarded(run: () => void): void {
    if (!this.#drawing) return;
    try {
      run();
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.#tool.cancel();
      this.#options.say('class.too-many');
    }
    this.#point();
    this.#cursor();
    this.#soon('top');
  }

  #point(): void {
    const at = this.#hover;
    const inPicture = at && at.x >= 0 && at.y >= 0 && at.x < this.#size.width && at.y < this.#size.height;
    this.#options.pointed(inPicture ? { x: Math.floor(at.x), y: Math.floor(at.y) } : null, this.#tool.extent?.() ?? null);
  }

  #cursor(): void {
    const held = this.#gestures?.panning;
    const cursor = !this.#drawing ? 'default' : held ? 'grabbing' : this.#gestures?.ready ? 'grab' : this.#tool.cursor(this.#hover);
    const { style } = this.#layers.canvas.top;
    if (style.cursor !== cursor) style.cursor = cursor;
  }

  // ---------------------------------------------------------------- drawing

  #soon(layer: Layer): void {
    this.#layers.soon(layer);
  }

  #paint(layer: Layer): boolean {
    if (layer === 'shapes') return this.#drawShapes();
    if (layer === 'picture') this.#drawPicture();
    else this.#drawTop();
    return false;
  }

  /** Device pixels of the picture's corner: whole, so that nothing is blurred and the layers fit. */
  #origin(): [x: number, y: number, scale: number] {
    return [Math.round(this.#view.x * this.#ratio), Math.round(this.#view.y * this.#ratio), this.#view.scale * this.#ratio];
  }

  #drawPicture(): void {
    const context = this.#layers.cleared('picture');
    if (!this.#picture) return;
    const [x, y, scale] = this.#origin();
    const { width, height, levels } = this.#picture;
    const level = Math.max(0, Math.min(levels.length - 1, Math.floor(-Math.log2(scale))));
    context.imageSmoothingEnabled = scale < 3;
    context.drawImage(levels[level] as CanvasImageSource, x, y, width * scale, height * scale);
  }

  #drawShapes(): boolean {
    const context = this.#layers.cleared('shapes');
    if (!this.#drawing || !this.#look.shapes) return false;
    const [x, y, scale] = this.#origin();
    if (this.#pixels) {
      const { width, height } = this.#drawing.size;
      context.globalAlpha = this.#look.opacity;
      context.imageSmoothingEnabled = scale < 1;
      context.drawImage(this.#pixels.canvas, x, y, width * scale, height * scale);
      context.globalAlpha = 1;
      context.imageSmoothingEnabled = true;
    }
    const more = this.#drawing.count > 0 && this.#tiles.draw(context, this.#view, this.#ratio, this.#window, this.#size);
    if (this.#look.names) this.#drawNames(context);
    return more;
  }

  #paintTile(context: CanvasRenderingContext2D, box: Box, pixel: number): void {
    const drawing = this.#drawing;
    if (!drawing) return;
    const { colour } = this.#options;
    const { opacity } = this.#look;
    const [plain, chosen]: [Item[], Item[]] = [[], []];
    for (const id of drawing.index.near(box)) {
      const item = drawing.get(id);
      if (item && this.visible(item)) (this.#selection.has(id) ? chosen : plain).push(item);
    }
    paintItems(context, plain, { colour, opacity }, pixel);
    if (this.#inTiles) paintItems(context, chosen, { colour, opacity: opacity + CHOSEN_OPACITY, line: CHOSEN_LINE }, pixel);
  }

  /** Names of shapes that are large enough on the screen. */
  #drawNames(context: CanvasRenderingContext2D): void {
    const drawing = this.#drawing as Drawing;
    const { scale, x, y } = this.#view;
    const seen = { x: -x / scale, y: -y / scale, width: this.#window.width / scale, height: this.#window.height / scale };
    context.setTransform(this.#ratio, 0, 0, this.#ratio, 0, 0);
    let count = 0;
    for (const id of drawing.index.near(seen)) {
      const box = drawing.index.box(id) as Box;
      const item = drawing.get(id);
      if (!item || !this.visible(item) || Math.max(box.width, box.height) * scale < NAME_FROM) continue;
      if (++count > MOST_NAMES) break;
      const text = this.#options.name(item.shape.label) + (item.proposed === null ? '' : ` ${Math.round(item.proposed * 100)} %`);
      paintName(context, text, this.#options.colour(item.shape.label), x + box.x * scale, y + box.y * scale);
    }
  }

  #drawTop(): void {
    const points = this.#tool.points?.() ?? 0;
    if (points !== this.#points) {
      this.#points = points;
      this.#options.drawing(points);
    }
    const drawing = this.#drawing;
    // An empty canvas over the others would be copied and laid over them in each frame of a pan.
    const empty = !drawing || (this.#toolName === 'pan' && points === 0 && (this.#selection.size === 0 || this.#inTiles));
    if (empty && this.#topEmpty) return;
    this.#topEmpty = empty;
    const context = this.#layers.cleared('top');
    if (!drawing || empty) return;
    const [x, y, scale] = this.#origin();
    const pixel = this.#ratio / scale;
    context.setTransform(scale, 0, 0, scale, x, y);
    if (this.#look.shapes && !this.#inTiles) {
      const chosen = [...this.#selection].flatMap((id) => {
        const item = drawing.get(id);
        return item && this.visible(item) ? [{ ...item, shape: this.#preview?.get(id) ?? item.shape }] : [];
      });
      if (chosen.length <= FEW) for (const item of chosen) this.#paintChosen(context, item, pixel);
      else paintItems(context, chosen, { colour: this.#options.colour, opacity: 0, line: CHOSEN_LINE }, pixel);
    }
    if (this.#look.crosshair && this.#hover && !this.#hover.finger && this.#toolName !== 'pan' && this.#toolName !== 'select') {
      paintCross(context, this.#hover, this.#size, pixel);
    }
    this.#tool.paint(context, pixel, this.#hover);
  }

  #paintChosen(context: CanvasRenderingContext2D, item: Item, pixel: number): void {
    const colour = this.#options.colour(item.shape.label);
    paintChosen(context, item, { colour: () => colour, opacity: Math.min(0.7, this.#look.opacity + CHOSEN_OPACITY), line: CHOSEN_LINE }, pixel);
    if (this.#selection.size !== 1 || item.proposed !== null || this.#options.locked()) return;
    const radius = this.#hover?.finger ? 7 : 4.5;
    if (item.shape.kind === 'box') paintHandles(context, item.shape, pixel, radius);
    else if (item.shape.kind === 'polygon') {
      const chosen = this.#corner ? `${this.#corner.part}/${this.#corner.ring}/${this.#corner.index}` : null;
      paintCorners(context, outline(item), pixel, radius, chosen);
    } else for (const { outer } of outline(item)) dot(context, outer[0] as number, outer[1] as number, 2, colour, pixel);
  }
}
