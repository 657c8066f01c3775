/** Which pictures a training learns from, and what has to hold for them before it begins. */
import { StudioError } from '../errors.ts';
import type { Example } from '../learn/batches.ts';
import { splitByRatio } from '../learn/split.ts';
import type { PictureSet } from '../store/pictures.ts';
import type { TrainSpec } from './protocol.ts';

export interface SplitExamples {
  training: Example[];
  validation: Example[];
  test: Example[];
}

/** The pictures that have a label. Throws StudioError: dataset_unreadable, training_no_labels, training_one_class, training_class_empty. */
export function labelledExamples(set: PictureSet, classes: readonly string[]): Example[] {
  const examples = set.items.flatMap(({ n, label }) => (label === null ? [] : [{ n, label }]));
  if (examples.length === 0) throw new StudioError('training_no_labels');
  const counts = classes.map(() => 0);
  for (const { n, label } of examples) {
    if (counts[label] === undefined) throw new StudioError('dataset_unreadable', {}, `picture ${n} has label ${label}, there are ${classes.length} classes`);
    counts[label] += 1;
  }
  const present = classes.filter((_, label) => counts[label]! > 0);
  if (present.length === 1) throw new StudioError('training_one_class', { name: present[0]! });
  const empty = classes.filter((_, label) => counts[label] === 0);
  if (empty.length > 0) throw new StudioError('training_class_empty', { name: empty.slice(0, 10).join(', ') });
  return examples;
}

/** Throws StudioError training_too_few_pictures where a part would be empty. */
export function splitExamples(examples: readonly Example[], { split, classes }: Pick<TrainSpec, 'split' | 'classes'>): SplitExamples {
  const parts = splitByRatio(
    examples.map(({ label }) => label),
    split,
    { seed: split.seed, stratify: split.stratify },
  );
  if (parts.validation.length === 0 || (split.test > 0 && parts.test.length === 0)) {
    throw new StudioError('training_too_few_pictures', { count: examples.length, needed: classes.length + (split.test > 0 ? 2 : 1) });
  }
  const pick = (part: readonly number[]) => part.map((index) => examples[index]!);
  return { training: pick(parts.training), validation: pick(parts.validation), test: pick(parts.test) };
}
