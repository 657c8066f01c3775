/** The door for shapes that a browser sends: what is kept is finite, has area, lies in the picture and has a class that there is. */
import { StudioError } from '../../errors.ts';
import type { AnnotationShape } from '../../http/annotation-schemas.ts';
import type { ModelKind } from '../../http/schemas.ts';
import { admit } from '../../labels/admission.ts';
import { type Geometry, geometryOf, type Shape, withAttributes } from '../../labels/annotation.ts';
import { checkedRle } from '../../labels/rle.ts';
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

/**
 * The shapes as they are to be kept, with the fields that are known and no others. `changed`: something stuck out of the picture and was cut off.
 * `finished`: each must have its class. Throws annotation_shape_kind, annotation_shape_empty, annotation_shape_outside, annotation_mask_size,
 * annotation_shape_unlabelled, annotation_class_deleted, not_found.
 */
export async function admitShapes(
  task: Pick<StoredTask, 'model' | 'classes'>,
  shapes: readonly AnnotationShape[],
  { width, height, finished }: { width: number; height: number; finished: boolean },
): Promise<{ shapes: AnnotationShape[]; changed: boolean }> {
  const living = new Set(task.classes.filter(({ deleted }) => deleted === undefined).map(({ id }) => id));
  const kept: AnnotationShape[] = [];
  let changed = false;
  for (const [i, given] of shapes.entries()) {
    const number = i + 1;
    if (KINDS[task.model]?.includes(given.kind) !== true) throw new StudioError('annotation_shape_kind', { number });
    if (given.label !== 0 && !living.has(given.label)) missing(task, given.label);
    if (given.label === 0 && finished) throw new StudioError('annotation_shape_unlabelled', { number });
    const geometry = knownGeometry(given);
    if (geometry.kind === 'mask') checkMask(geometry, number);
    const admitted = admit(geometry, width, height, MAX_POINTS);
    if (admitted.geometry === null) {
      if (admitted.findings.includes('mask_size')) throw new StudioError('annotation_mask_size', { number, width, height });
      throw new StudioError(admitted.findings.includes('outside') ? 'annotation_shape_outside' : 'annotation_shape_empty', { number });
    }
    if (admitted.geometry !== geometry) changed = true;
    kept.push(withAttributes({ ...admitted.geometry, label: given.label }, knownAttributes(given)) as AnnotationShape);
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
export function resolveShapes(task: Pick<StoredTask, 'classes'>, shapes: readonly AnnotationShape[]): AnnotationShape[] {
  if (task.classes.every(({ deleted }) => deleted === undefined)) return [...shapes];
  return shapes.flatMap((shape) => {
    if (shape.label === 0) return [shape];
    const label = resolveClass(task, shape.label);
    return label === null ? [] : [label === shape.label ? shape : { ...shape, label }];
  });
}
