/** Which problems have labels of pictures, and which formats can hold them. Apart from the formats themselves: the daemon asks this and reads no labels. */
import type { ModelKind } from '../http/schemas.ts';
import { FORMAT_NAMES, type FormatName } from './annotation.ts';

/** The problems that labels of pictures serve. */
export type LabelProblem = 'classification' | 'detection' | 'instance_segmentation' | 'semantic_segmentation';

/** The problems whose labels a format can hold without changing their kind. */
export const PROBLEMS: { readonly [format in FormatName]: readonly LabelProblem[] } = {
  coco: ['detection', 'instance_segmentation', 'semantic_segmentation'],
  yolo: ['detection', 'instance_segmentation'],
  voc: ['detection'],
  labelme: ['detection', 'instance_segmentation', 'semantic_segmentation'],
  masks: ['semantic_segmentation'],
  csv: ['classification'],
  json: ['classification'],
  folders: ['classification'],
};

/** Is it a problem of pictures, which has labels of its own? */
export function isLabelProblem(model: ModelKind): model is LabelProblem {
  return formatsOf(model as LabelProblem).length > 0;
}

/** The formats that hold the labels of a problem without changing their kind. */
export function formatsOf(problem: LabelProblem): FormatName[] {
  return FORMAT_NAMES.filter((name) => PROBLEMS[name].includes(problem));
}
