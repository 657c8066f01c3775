/**
 * The forms in which the shapes of a set occur: kind, holes, pieces, attributes. Of each the smallest shape is kept as an example, so that what a format would
 * lose can be told by its own writer without writing the set.
 */
import { type Shape, withAttributes } from './annotation.ts';

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
