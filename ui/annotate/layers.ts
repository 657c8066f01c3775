/** Three canvases that lie over one another: the picture, the shapes, and what is chosen, drawn or pointed at. Each is drawn when it has changed, once a frame. */
import type { Size } from './view.ts';

const NAMES = ['picture', 'shapes', 'top'] as const;
export type Layer = (typeof NAMES)[number];

export class Layers {
  readonly canvas: { readonly [layer in Layer]: HTMLCanvasElement };
  readonly #host: HTMLElement;
  readonly #paint: (layer: Layer) => boolean;
  readonly #dirty = new Set<Layer>(NAMES);
  /** CSS pixels. */
  window: Size = { width: 1, height: 1 };
  /** Device pixels a CSS pixel. */
  ratio = 1;
  #frame = 0;

  /** `paint` draws one of them; true: not all of it yet, the rest in the next frame. */
  constructor(host: HTMLElement, paint: (layer: Layer) => boolean) {
    this.#host = host;
    this.#paint = paint;
    const made = (name: Layer): HTMLCanvasElement => {
      const canvas = document.createElement('canvas');
      canvas.className = `easel-layer easel-${name}`;
      host.append(canvas);
      return canvas;
    };
    this.canvas = { picture: made('picture'), shapes: made('shapes'), top: made('top') };
  }

  end(): void {
    cancelAnimationFrame(this.#frame);
    for (const name of NAMES) this.canvas[name].remove();
  }

  /** Takes over the size of the host; false: it has none now. The canvases are empty then. */
  measure(): boolean {
    const { clientWidth: width, clientHeight: height } = this.#host;
    if (!width || !height) return false;
    this.ratio = Math.min(3, devicePixelRatio || 1);
    this.window = { width, height };
    for (const name of NAMES) {
      this.canvas[name].width = Math.round(width * this.ratio);
      this.canvas[name].height = Math.round(height * this.ratio);
    }
    return true;
  }

  soon(layer: Layer): void {
    this.#dirty.add(layer);
    if (!this.#frame) this.#frame = requestAnimationFrame(() => this.draw());
  }

  all(): void {
    for (const name of NAMES) this.soon(name);
  }

  /** What has changed, now and not in a frame. */
  draw(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    const changed = NAMES.filter((name) => this.#dirty.has(name));
    this.#dirty.clear();
    for (const name of changed) if (this.#paint(name)) this.soon(name);
  }

  /** The context of an emptied canvas, in device pixels. */
  cleared(layer: Layer): CanvasRenderingContext2D {
    const canvas = this.canvas[layer];
    const context = canvas.getContext('2d') as CanvasRenderingContext2D;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    return context;
  }
}
