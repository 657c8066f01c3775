/** What the log of an annotation task says of a picture: a line with all of it, or, for many shapes, only what was amended of the line before. */
import type { AnnotationShape, PictureReview, PictureState } from '../http/annotation-schemas.ts';

/** Ids tell the shapes of one picture apart; they rise in the order of making, which is the order in which shapes lie over one another. */
export type KeptShape = AnnotationShape & { id: number };

/** No shape has a greater id. */
export const LAST_SHAPE_ID = 2 ** 31;

export interface PictureLine {
  n: number;
  revision: number;
  state: PictureState;
  review: PictureReview;
  comment?: string;
  /** Class of a classified picture. */
  label?: number;
  /** In the order of their ids. */
  shapes?: KeptShape[];
  /** Who saved or reviewed it last. */
  by: number;
  at: string;
  saveId?: string;
}

export interface PictureAmendment {
  /** All but the shapes. */
  line: Omit<PictureLine, 'n' | 'shapes'>;
  /** Shapes that are new, or are now so. */
  put?: KeptShape[];
  /** Ids. */
  removed?: number[];
}

export function amendPicture({ n, shapes = [] }: Readonly<PictureLine>, { line, put = [], removed = [] }: PictureAmendment): PictureLine {
  if (put.length === 0 && removed.length === 0) return { n, ...line, shapes };
  const byId = new Map(shapes.map((shape) => [shape.id, shape]));
  for (const id of removed) byId.delete(id);
  for (const shape of put) byId.set(shape.id, shape);
  return { n, ...line, shapes: inOrder([...byId.values()]) };
}

export const inOrder = (shapes: readonly KeptShape[]): KeptShape[] => [...shapes].sort((a, b) => a.id - b.id);
