/** The problems that a project can be made for, as the manual's "Define your project" has them, and their words. */
import type { DataType, ModelKind } from '../../server/http/schemas.ts';
import { t } from './language.ts';

export const PROBLEMS: { readonly [type in DataType]: readonly ModelKind[] } = {
  image: ['classification', 'detection', 'instance_segmentation', 'semantic_segmentation'],
  tabular: ['classification', 'regression', 'clustering', 'dimension_reduction'],
};

/** Image · Classification */
export function problemText({ type, model }: { type: DataType; model: ModelKind }): string {
  return `${t(`type.${type}`)} · ${t(`model.${model}`)}`;
}
