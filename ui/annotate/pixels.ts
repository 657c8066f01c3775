/** The picture of pixel labels: each label in its class's colour, kept up to date where something is written. */
import type { Box } from '../../server/labels/annotation.ts';
import type { PixelLabels } from './pixel-labels.ts';

export class Pixels {
  readonly canvas: HTMLCanvasElement;
  readonly #labels: PixelLabels;
  readonly #colour: (label: number) => string | null;
  readonly #context: CanvasRenderingContext2D;
  #table = new Uint32Array(256);
  #known = -1;

  /** `colour`: of a label, #rrggbb; null: it is not shown. */
  constructor(labels: PixelLabels, colour: (label: number) => string | null) {
    this.#labels = labels;
    this.#colour = colour;
    this.canvas = document.createElement('canvas');
    this.canvas.width = labels.width;
    this.canvas.height = labels.height;
    this.#context = this.canvas.getContext('2d') as CanvasRenderingContext2D;
    labels.onWrite((box) => this.#paint(box));
    this.recolour();
  }

  recolour(): void {
    this.#known = -1;
    this.#paint({ x: 0, y: 0, width: this.#labels.width, height: this.#labels.height });
  }

  #colours(): void {
    if (this.#known === this.#labels.labels.length) return;
    this.#known = this.#labels.labels.length;
    this.#table = new Uint32Array(256);
    const bytes = new Uint8Array(this.#table.buffer);
    for (const [i, label] of this.#labels.labels.entries()) {
      const colour = this.#colour(label);
      if (colour === null) continue;
      const number = Number.parseInt(colour.slice(1), 16);
      bytes.set([number >> 16, (number >> 8) & 255, number & 255, 255], (i + 1) * 4);
    }
  }

  #paint(box: Box): void {
    this.#colours();
    const { values, width } = this.#labels;
    const image = new ImageData(box.width, box.height);
    const out = new Uint32Array(image.data.buffer);
    for (let y = 0, to = 0; y < box.height; y++) {
      const from = (box.y + y) * width + box.x;
      for (let x = 0; x < box.width; x++, to++) out[to] = this.#table[values[from + x] as number] as number;
    }
    this.#context.putImageData(image, box.x, box.y);
  }
}
