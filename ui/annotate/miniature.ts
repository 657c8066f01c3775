/** A picture with its shapes, small, as a dialog shows two versions of it: what only this one has is drawn stronger. */
import type { AnnotationShape } from '../../server/http/annotation-schemas.ts';
import type { Shape } from '../../server/labels/annotation.ts';
import type { Item } from './drawing.ts';
import { paintItems } from './ink.ts';
import { changesOf } from './saving.ts';
import type { Picture } from './stage.ts';

/** Device pixels: twice what the dialog has room for. */
const WIDTH = 560;
const HEIGHT = 420;

export interface Miniature {
  picture: Picture;
  shapes: readonly AnnotationShape[];
  /** Those of the other version. */
  others: readonly AnnotationShape[];
  colour(label: number): string;
}

export function paintMiniature(canvas: HTMLCanvasElement, { picture, shapes, others, colour }: Miniature): void {
  const scale = Math.min(WIDTH / picture.width, HEIGHT / picture.height);
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  const context = canvas.getContext('2d') as CanvasRenderingContext2D;
  context.drawImage(picture.levels.at(-1) as CanvasImageSource, 0, 0, canvas.width, canvas.height);
  const own = new Set(changesOf(others, shapes)?.put);
  const [plain, special]: [Item[], Item[]] = [[], []];
  for (const [i, shape] of shapes.entries()) (own.has(shape) ? special : plain).push({ id: i + 1, shape: shape as Shape, proposed: null });
  context.setTransform(scale, 0, 0, scale, 0, 0);
  paintItems(context, plain, { colour, opacity: 0.1, line: 1 }, 2 / scale);
  paintItems(context, special, { colour, opacity: 0.35, line: 2.5 }, 2 / scale);
}
