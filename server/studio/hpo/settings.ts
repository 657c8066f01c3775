/** The form of an HPO as the settings of a study, checked. */
import type { Config } from '../../config.ts';
import { StudioError } from '../../errors.ts';
import type { HpoOptions, HpoRequest } from '../../http/training-schemas.ts';
import { SAMPLER_NAMES } from '../../search/samplers.ts';
import { STOPPING_NAMES } from '../../search/stopping-rules.ts';
import { type StudyConfig, studyProblems } from '../../search/study.ts';
import { searchableParameters, spaceOf, startingPoint } from './parameters.ts';

const DEFAULTS = { maxTrialCount: 10, parallelTrialCount: 1, maxFailedTrialCount: 4 };

const limitsOf = ({ max_trials, max_parallel_trials, max_failed_trials }: Config['hpo']): HpoOptions['limits'] => ({
  maxTrialCount: max_trials,
  parallelTrialCount: max_parallel_trials,
  maxFailedTrialCount: max_failed_trials,
});

export function hpoOptions(settings: Config['hpo']): HpoOptions {
  const limits = limitsOf(settings);
  return {
    parameters: searchableParameters(),
    limits,
    defaults: {
      maxTrialCount: Math.min(DEFAULTS.maxTrialCount, limits.maxTrialCount),
      parallelTrialCount: Math.min(DEFAULTS.parallelTrialCount, limits.parallelTrialCount),
      maxFailedTrialCount: Math.min(DEFAULTS.maxFailedTrialCount, limits.maxFailedTrialCount),
    },
    samplers: [...SAMPLER_NAMES],
    stopping: [...STOPPING_NAMES],
    objectiveMetrics: ['validation_accuracy', 'validation_loss', 'train_accuracy', 'train_loss'],
    metrics: ['validation_accuracy', 'validation_loss', 'train_accuracy', 'train_loss', 'test_accuracy', 'test_loss'],
  };
}

/** Epochs of a whole trial: with cross-validation those of all folds. */
const epochsOf = ({ parameters, split }: HpoRequest) => parameters.epoch * (split.crossValidation?.folds ?? 1);

/** Throws where the limits of appliance.conf are passed; later ones do not touch a search that has been started. */
export function checkLimits(request: HpoRequest, settings: Config['hpo']): void {
  const limits = limitsOf(settings);
  for (const [field, limit] of Object.entries(limits) as [keyof typeof limits, number][]) {
    if (request.settings[field] > limit) throw new StudioError('hpo_limit', { field, limit });
  }
}

/** Throws hpo_nothing_to_search, hpo_parameter_unknown, hpo_range, hpo_stopping_folds or invalid_input. */
export function studyConfig(request: HpoRequest): StudyConfig {
  const { search, settings, sampler, stopping, objective, additionalMetrics, parameters, split } = request;
  // A fold's epochs say nothing of the next fold's: ended early, a trial would be judged by its first folds alone.
  if (split.crossValidation !== undefined && stopping !== 'none') throw new StudioError('hpo_stopping_folds');
  const space = spaceOf(search);
  const config: StudyConfig = {
    space,
    sampler,
    stopping: { name: stopping },
    objective: objective.metric,
    direction: objective.type,
    goal: objective.goal,
    additionalMetrics,
    maxTrials: settings.maxTrialCount,
    parallelTrials: settings.parallelTrialCount,
    maxFailedTrials: settings.maxFailedTrialCount,
    maxResource: epochsOf(request),
    seed: split.seed,
    first: startingPoint(space, parameters),
  };
  const [problem] = studyProblems(config);
  if (problem !== undefined) throw new StudioError('invalid_input', { field: problem });
  return config;
}
