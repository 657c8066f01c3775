/** The labels of a dataset's pictures, drawn over them: fetched for those that are looked at. */
import type { PictureShapes } from '../../server/http/label-schemas.ts';
import type { Shape } from '../../server/labels/annotation.ts';
import { boxOf } from '../../server/labels/shapes.ts';
import { api } from '../api.ts';
import { classColour, classLetter, inkOn } from '../charts/colours.ts';
import { overlay } from './overlay.ts';

/** More shapes than these cannot be told apart in a tile, or in a picture. */
const IN_A_TILE = 150;
const IN_A_PICTURE = 3000;
const LETTERS = 100;
/** A picture that is scrolled past is gone before. */
const PATIENCE_MS = 120;

export interface LabelledRow {
  n: number;
  width: number;
  height: number;
}

export async function shapesOf(datasetId: number, revision: number, n: number, signal: AbortSignal): Promise<Shape[]> {
  return (await api.get<PictureShapes>(`/api/datasets/${datasetId}/shapes/${n}`, { revision }, signal)).shapes ?? [];
}

/** Draws the labels over the picture of a tile as soon as it has stood for a moment. */
export function drawOnTile(frame: HTMLElement, row: LabelledRow, shapes: () => Promise<Shape[]>): void {
  setTimeout(() => {
    if (!frame.isConnected) return;
    shapes().then(
      (found) => frame.append(overlay(found.slice(0, IN_A_TILE), row.width, row.height)),
      // The picture alone is better than a message in each tile.
      () => {},
    );
  }, PATIENCE_MS);
}

/** The labels of a large picture, with the letter of its class at each. */
export function labelsLayer(row: LabelledRow, shapes: readonly Shape[]): HTMLElement {
  const layer = document.createElement('div');
  layer.className = 'labels-layer';
  layer.append(overlay(shapes.slice(0, IN_A_PICTURE), row.width, row.height));
  const tags = document.createElement('div');
  tags.className = 'labels-tags';
  tags.style.aspectRatio = `${row.width} / ${row.height}`;
  tags.style.width = `min(100cqw, ${(100 * row.width) / row.height}cqh)`;
  for (const shape of shapes.slice(0, LETTERS)) {
    const box = boxOf(shape);
    if (!box) continue;
    const tag = document.createElement('span');
    const colour = classColour(shape.label);
    tag.textContent = classLetter(shape.label);
    tag.style.left = `${(box.x / row.width) * 100}%`;
    tag.style.top = `${(box.y / row.height) * 100}%`;
    tag.style.backgroundColor = colour;
    tag.style.color = inkOn(colour);
    tags.append(tag);
  }
  layer.append(tags);
  return layer;
}
