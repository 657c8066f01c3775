/** What a format would lose of the labels of a set: told by its own writer, of one shape of each form (forms.ts). */
import { type ClassInfo, type FormatName, geometryOf, type LabelSource, reshaped, type Shape } from './annotation.ts';
import { FORMATS } from './formats.ts';
import type { Form } from './forms.ts';
import { compose, scaling, translation } from './geometry.ts';
import type { LabelProblem } from './problems.ts';
import type { Losses } from './report.ts';
import { rleBox } from './rle.ts';
import { boxOf, transformGeometry } from './shapes.ts';

/** What a format loses of shapes of these forms; see LOSSES. Of what depends on several shapes of one picture (overlaps, melting objects) nothing is known here. */
export async function lossesOf(forms: readonly Form[], classes: readonly ClassInfo[], format: FormatName, problem: LabelProblem): Promise<Losses> {
  const total: Losses = {};
  const { write } = FORMATS[format];
  if (write === null) return total;
  for (const { example: whole, count } of forms) {
    const example = reduced(whole);
    const { width, height } = example.kind === 'mask' ? example.rle : frameOf(example);
    const losses: Losses = {};
    const source: LabelSource = { classes: [...classes], pictures: [{ name: 'example.png', width, height, shapes: [example] }] };
    for await (const { content } of write(source, problem, losses)) {
      if (!Buffer.isBuffer(content)) for await (const _ of content);
    }
    for (const loss of Object.keys(losses) as (keyof Losses)[]) {
      // Losses of the classes are those of the set, whatever the shape.
      total[loss] = loss === 'classes' ? losses[loss]! : (total[loss] ?? 0) + count;
    }
  }
  return total;
}

/** Pixels of a side. */
const LARGEST_MASK = 256;

/** A large mask made small: tracing and joining the outlines of millions of pixels takes long and tells the same. */
function reduced(shape: Shape): Shape {
  const box = shape.kind === 'mask' ? rleBox(shape.rle) : null;
  const scale = box === null ? 1 : LARGEST_MASK / Math.max(box.width, box.height);
  if (shape.kind !== 'mask' || box === null || scale >= 1) return shape;
  const matrix = compose(translation(-box.x, -box.y), scaling(scale, scale));
  const geometry = transformGeometry(geometryOf(shape), { matrix, width: Math.ceil(box.width * scale), height: Math.ceil(box.height * scale) });
  // Of what is thin nothing may be left.
  return boxOf(geometry) === null ? shape : reshaped(shape, geometry);
}

/** A picture that the shape fits into; small, as masks paint it. */
function frameOf(shape: Shape): { width: number; height: number } {
  const points =
    shape.kind === 'polygon' ? shape.parts.flatMap(({ outer }) => outer) : shape.kind === 'box' ? [shape.x + shape.width, shape.y + shape.height] : [];
  const side = Math.max(1, ...points.map(Math.ceil).filter((value) => value < 20_000));
  return { width: side, height: side };
}
