/**
 * The forms in which the shapes of a set occur: kind, holes, pieces, attributes. Of each the smallest shape is kept as an example, so that what a format would
 * lose can be told by its own writer without writing the set.
 */
import { type ClassInfo, type FormatName, geometryOf, type LabelSource, reshaped, type Shape, withAttributes } from './annotation.ts';
import { FORMATS, type LabelProblem } from './formats.ts';
import { compose, scaling, translation } from './geometry.ts';
import type { Losses } from './report.ts';
import { rleBox } from './rle.ts';
import { boxOf, transformGeometry } from './shapes.ts';

export interface Form {
  example: Shape;
  count: number;
}

/** More forms than this have nothing in common but that they are rare. */
const MOST = 200;
/** Characters of an example; a larger shape of a new form is cut to its first parts. */
const LARGEST = 20_000;

export class Forms {
  readonly #forms = new Map<string, Form & { size: number }>();

  add(given: Shape): void {
    const shape = withoutId(given);
    const key = keyOf(shape);
    const known = this.#forms.get(key);
    if (known !== undefined) {
      known.count += 1;
      if (known.size < 200) return;
    } else if (this.#forms.size >= MOST) return;
    const size = JSON.stringify(shape).length;
    if (known === undefined) this.#forms.set(key, { example: shape, count: 1, size });
    else if (size < known.size) Object.assign(known, { example: shape, size });
  }

  list(): Form[] {
    return [...this.#forms.values()].map(({ example, count, size }) => ({ example: size > LARGEST ? shortened(example) : example, count }));
  }
}

/** The id that COCO gives every annotation says nothing of the shape: that other formats have none is no loss. */
function withoutId(shape: Shape): Shape {
  const { extra, ...attributes } = shape.attributes ?? {};
  if (extra?.coco?.id === undefined) return shape;
  const { coco, ...others } = extra;
  const { id: _, ...rest } = coco!;
  const left = Object.keys(rest).length === 0 ? others : { ...others, coco: rest };
  const { attributes: __, ...bare } = shape;
  return withAttributes(bare as Shape, Object.keys(left).length === 0 ? attributes : { ...attributes, extra: left });
}

function keyOf(shape: Shape): string {
  const { extra = {}, ...attributes } = shape.attributes ?? {};
  const names = [...Object.keys(attributes), ...Object.keys(extra).map((format) => `extra.${format}`)].sort().join(',');
  if (shape.kind !== 'polygon') return `${shape.kind}:${names}`;
  return `polygon:${shape.parts.length > 1}:${shape.parts.some(({ holes }) => holes.length > 0)}:${names}`;
}

/** As few points as say the same of its form. */
function shortened(shape: Shape): Shape {
  if (shape.kind !== 'polygon') return shape;
  const parts = shape.parts.slice(0, 2).map(({ outer, holes }) => ({ outer: outer.slice(0, 8), holes: holes.slice(0, 1).map((hole) => hole.slice(0, 8)) }));
  return { ...shape, parts };
}

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
