/** The problems that a project can be made for: which models belong to which data. The browser reads it as well, when a project is made. */
import type { DataType, ModelKind } from '../../http/schemas.ts';

interface Problem {
  /** A model of this kind can be trained. */
  trainer: boolean;
}

const PROBLEMS: { readonly [type in DataType]: { readonly [kind in ModelKind]?: Problem } } = {
  image: {
    classification: { trainer: true },
    detection: { trainer: false },
    instance_segmentation: { trainer: false },
    semantic_segmentation: { trainer: false },
  },
  tabular: {
    classification: { trainer: false },
    regression: { trainer: false },
    clustering: { trainer: false },
    dimension_reduction: { trainer: false },
  },
};

/** In the order in which they are offered. */
export function modelsOf(type: DataType): ModelKind[] {
  return Object.keys(PROBLEMS[type]) as ModelKind[];
}

export function problemExists(type: DataType, model: ModelKind): boolean {
  return PROBLEMS[type][model] !== undefined;
}

export function hasTrainer(type: DataType, model: ModelKind): boolean {
  return PROBLEMS[type][model]?.trainer === true;
}

/** Is there something to be predicted, which a table must have a column for? */
export function needsTarget(model: ModelKind): boolean {
  return model !== 'clustering' && model !== 'dimension_reduction';
}
