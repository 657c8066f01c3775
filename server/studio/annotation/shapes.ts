/** The door for shapes that a browser sends: what is kept is finite, has area, lies in the picture and has a class that there is. */
import { StudioError } from '../../errors.ts';
import type { AnnotationShape } from '../../http/annotation-schemas.ts';
import type { ModelKind } from '../../http/schemas.ts';
import { admit } from '../../labels/admission.ts';
import { type Geometry, geometryOf, type Shape, withAttributes } from '../../labels/annotation.ts';
import { checkedRle } from '../../labels/rle.ts';
import { inOrder, type KeptShape, LAST_SHAPE_ID } from '../../store/annotated-pictures.ts';
import { missing, resolveClass } from './classes.ts';
import type { StoredTask } from './task.ts';

/** Points of one polygon. */
const MAX_POINTS = 20_000;

const KINDS: { [K in ModelKind]?: readonly AnnotationShape['kind'][] } = {
  detection: ['box'],
  instance_segmentation: ['polygon', 'mask'],
  semantic_segmentation: ['polygon', 'mask'],
};

/** Shapes that are looked at between two turns of the event loop. */
const SLICE = 300;

/** Shapes of one picture. */
const MOST = 10_000;

/** Throws annotation_too_many_shapes. */
export function checkCount(shapes: readonly KeptShape[]): void {
  if (shapes.length > MOST) throw new StudioError('annotation_too_many_shapes', { limit: MOST });
}

/** With ids of their own, in the order in which they came: a browser that gives none, or one twice, has no use for them. */
export function withIds(shapes: readonly AnnotationShape[]): KeptShape[] {
  const ids = new Set(shapes.map(({ id }) => id ?? 0));
  if (ids.size === shapes.length && !ids.has(0)) return inOrder(shapes as KeptShape[]);
  return shapes.map((shape, i) => ({ ...shape, id: i + 1 }));
}

/** Changed shapes of a picture; those without an id come after all others. Throws invalid_input where no id is left for them. */
export function withNewIds(put: readonly AnnotationShape[], before: readonly KeptShape[]): KeptShape[] {
  if (put.every(({ id }) => id !== undefined)) return put as KeptShape[];
  let last = Math.max(0, ...before.map(({ id }) => id), ...put.map(({ id }) => id ?? 0));
  const numbered = put.map((shape) => ({ ...shape, id: shape.id ?? ++last }));
  if (last > LAST_SHAPE_ID) throw new StudioError('invalid_input', { field: 'changes.put.id' });
  return numbered;
}

/** Throws annotation_shape_unlabelled. */
export function checkLabelled(shapes: readonly KeptShape[]): void {
  const at = shapes.findIndex(({ label }) => label === 0);
  if (at >= 0) throw new StudioError('annotation_shape_unlabelled', { number: at + 1 });
}

/**
 * The shapes as they are to be kept, with the fields that are known and no others. `changed`: something stuck out of the picture and was cut off, or has the
 * class that its own was merged into.
 * `numberOf`: how a refusal calls the shape at an index. Throws annotation_shape_kind, annotation_shape_empty, annotation_shape_outside, annotation_mask_size,
 * annotation_class_deleted, not_found.
 */
export async function admitShapes(
  task: Pick<StoredTask, 'model' | 'classes'>,
  shapes: readonly KeptShape[],
  { width, height }: { width: number; height: number },
  numberOf: (i: number) => number,
): Promise<{ shapes: KeptShape[]; changed: boolean }> {
  const kept: KeptShape[] = [];
  let changed = false;
  for (const [i, given] of shapes.entries()) {
    const number = numberOf(i);
    if (KINDS[task.model]?.includes(given.kind) !== true) throw new StudioError('annotation_shape_kind', { number });
    // A browser may not know yet that its class was merged into another one.
    const label = given.label === 0 ? 0 : (resolveClass(task, given.label) ?? missing(task, given.label));
    const geometry = knownGeometry(given);
    if (geometry.kind === 'mask') checkMask(geometry, number);
    const admitted = admit(geometry, width, height, MAX_POINTS);
    if (admitted.geometry === null) {
      if (admitted.findings.includes('mask_size')) throw new StudioError('annotation_mask_size', { number, width, height });
      throw new StudioError(admitted.findings.includes('outside') ? 'annotation_shape_outside' : 'annotation_shape_empty', { number });
    }
    if (admitted.geometry !== geometry || label !== given.label) changed = true;
    kept.push({ id: given.id, ...withAttributes({ ...admitted.geometry, label }, knownAttributes(given)) } as KeptShape);
    if (i % SLICE === SLICE - 1) await new Promise((resolve) => setImmediate(resolve));
  }
  return { shapes: kept, changed };
}

function knownGeometry(shape: AnnotationShape): Geometry {
  if (shape.kind === 'polygon') return { kind: 'polygon', parts: shape.parts.map(({ outer, holes }) => ({ outer, holes })) };
  if (shape.kind === 'mask') return { kind: 'mask', rle: { width: shape.rle.width, height: shape.rle.height, counts: shape.rle.counts } };
  return geometryOf(shape as Shape);
}

function knownAttributes({ attributes }: AnnotationShape): NonNullable<AnnotationShape['attributes']> {
  const { score, occluded, truncated, difficult, description } = attributes ?? {};
  return {
    ...(score === undefined ? {} : { score }),
    ...(occluded === undefined ? {} : { occluded }),
    ...(truncated === undefined ? {} : { truncated }),
    ...(difficult === undefined ? {} : { difficult }),
    ...(description === undefined ? {} : { description }),
  };
}

function checkMask({ rle }: Geometry & { kind: 'mask' }, number: number): void {
  try {
    checkedRle(rle.width, rle.height, rle.counts);
  } catch (error) {
    throw new StudioError('annotation_shape_empty', { number }, (error as Error).message);
  }
}

/** The shapes with their classes as of now: those of a deleted class have moved or gone. */
export function resolveShapes(task: Pick<StoredTask, 'classes'>, shapes: readonly KeptShape[]): KeptShape[] {
  if (task.classes.every(({ deleted }) => deleted === undefined)) return [...shapes];
  return shapes.flatMap((shape) => {
    if (shape.label === 0) return [shape];
    const label = resolveClass(task, shape.label);
    return label === null ? [] : [label === shape.label ? shape : { ...shape, label }];
  });
}
