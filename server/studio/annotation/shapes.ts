/** The door for shapes that a browser sends: what is kept is finite, has area, lies in the picture and has a class that there is. */
import { StudioError } from '../../errors.ts';
import type { AnnotationShape } from '../../http/annotation-schemas.ts';
import type { ModelKind } from '../../http/schemas.ts';
import { admit } from '../../labels/admission.ts';
import { type Geometry, geometryOf, reshaped, type Shape } from '../../labels/annotation.ts';
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

/**
 * The shapes as they are to be kept. `changed`: something stuck out of the picture and was cut off. `finished`: each must have its class. Throws
 * annotation_shape_kind, annotation_shape_empty, annotation_shape_outside, annotation_shape_unlabelled, annotation_class_deleted, not_found.
 */
export function admitShapes(
  task: Pick<StoredTask, 'model' | 'classes'>,
  shapes: readonly AnnotationShape[],
  { width, height, finished }: { width: number; height: number; finished: boolean },
): { shapes: AnnotationShape[]; changed: boolean } {
  const living = new Set(task.classes.filter(({ deleted }) => deleted === undefined).map(({ id }) => id));
  let changed = false;
  const kept = shapes.map((shape, i) => {
    const number = i + 1;
    if (KINDS[task.model]?.includes(shape.kind) !== true) throw new StudioError('annotation_shape_kind', { number });
    if (shape.label !== 0 && !living.has(shape.label)) missing(task, shape.label);
    if (shape.label === 0 && finished) throw new StudioError('annotation_shape_unlabelled', { number });
    const geometry = geometryOf(shape as Shape);
    if (geometry.kind === 'mask') checkMask(geometry, number);
    const admitted = admit(geometry, width, height, MAX_POINTS);
    if (admitted.geometry === null) {
      if (admitted.findings.includes('mask_size')) throw new StudioError('annotation_mask_size', { number, width, height });
      throw new StudioError(admitted.findings.includes('outside') ? 'annotation_shape_outside' : 'annotation_shape_empty', { number });
    }
    if (admitted.geometry === geometry) return shape;
    changed = true;
    return reshaped(shape as Shape, admitted.geometry) as AnnotationShape;
  });
  return { shapes: kept, changed };
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
