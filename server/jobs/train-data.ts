/** Which pictures a training learns from, and what has to hold for them before it begins. */
import { StudioError } from '../errors.ts';
import type { Example } from '../learn/batches.ts';
import { groupsOf } from '../learn/groups.ts';
import { deal, splitByRatio } from '../learn/split.ts';
import { LabelSet } from '../store/label-set.ts';
import type { PictureItem, PictureSet } from '../store/pictures.ts';
import type { TrainSpec } from './protocol.ts';

export interface SplitExamples {
  training: Example[];
  validation: Example[];
  test: Example[];
}

/**
 * The pictures that have a label, of a picture set and the folder of its labels. Throws StudioError: dataset_unreadable, training_no_labels,
 * training_one_class, training_class_empty.
 */
export async function labelledExamples(set: PictureSet, folder: string, classes: readonly string[]): Promise<Example[]> {
  const labels = await LabelSet.open(folder).catch((error: Error) => {
    throw new StudioError('dataset_unreadable', {}, error.message);
  });
  await labels.close();
  const examples = set.kept.flatMap(({ n }) => {
    const label = labels.labelOf(n);
    return label === null ? [] : [{ n, label }];
  });
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

type SplitSpec = Pick<TrainSpec, 'split' | 'classes'>;
/** What tells which pictures belong to picture n. */
type AboutOf = (n: number) => Pick<PictureItem, 'name' | 'origin'>;
const alone: AboutOf = (n) => ({ name: String(n) });

/** Which pictures have to stay together: by the pattern, and copies and tiles of one picture; undefined where each is alone. `count`: groups of two and more. */
export function groupsFor(
  examples: readonly Example[],
  pattern: string | undefined,
  aboutOf: AboutOf,
): { groups: (string | number)[]; count: number } | undefined {
  const about = examples.map(({ n }) => aboutOf(n));
  if (pattern === undefined && about.every(({ origin }) => origin === undefined)) return undefined;
  return groupsOf(pattern, about);
}

/** Throws StudioError training_too_few_pictures where a part would be empty. */
export function splitExamples(examples: readonly Example[], { split, classes }: SplitSpec, aboutOf: AboutOf = alone): SplitExamples {
  const groups = groupsFor(examples, split.groupPattern, aboutOf)?.groups;
  const parts = splitByRatio(
    examples.map(({ label }) => label),
    split,
    { seed: split.seed, stratify: split.stratify, ...(groups === undefined ? {} : { groups }) },
  );
  if (parts.validation.length === 0 || (split.test > 0 && parts.test.length === 0)) {
    throw new StudioError('training_too_few_pictures', { count: examples.length, needed: classes.length + (split.test > 0 ? 2 : 1) });
  }
  const pick = (part: readonly number[]) => part.map((index) => examples[index]!);
  return { training: pick(parts.training), validation: pick(parts.validation), test: pick(parts.test) };
}

export interface FoldExamples {
  /** Each fold's validation part is what the others learn from. */
  folds: { training: Example[]; validation: Example[] }[];
  /** Held out of all folds; empty where the test share is 0. */
  test: Example[];
}

/** K folds, and the test part held out of them. Throws StudioError training_too_few_pictures where a part would be empty. */
export function foldExamples(examples: readonly Example[], { split, classes }: SplitSpec, aboutOf: AboutOf = alone): FoldExamples {
  const count = split.crossValidation?.folds ?? 1;
  const tooFew = () =>
    new StudioError('training_too_few_pictures', { count: examples.length, needed: Math.max(count, classes.length) + (split.test > 0 ? 1 : 0) });
  const dealt = (from: readonly Example[], shares: readonly number[], seed: number): Example[][] => {
    const groups = groupsFor(from, split.groupPattern, aboutOf)?.groups;
    const labels = from.map(({ label }) => label);
    const parts = deal(labels, shares, { seed, stratify: split.stratify, ...(groups === undefined ? {} : { groups }) });
    return parts.map((part) => part.map((index) => from[index]!));
  };
  const [rest = [], test = []] = split.test === 0 ? [[...examples]] : dealt(examples, [100 - split.test, split.test], split.seed);
  if (split.test > 0 && test.length === 0) throw tooFew();
  const parts = dealt(rest, new Array<number>(count).fill(1), (split.seed + FOLDS) % 2 ** 31);
  if (parts.some((part) => part.length === 0)) throw tooFew();
  const inOrder = (a: Example, b: Example) => a.n - b.n;
  const folds = parts.map((validation, fold) => ({
    validation,
    training: parts
      .filter((_, other) => other !== fold)
      .flat()
      .sort(inOrder),
  }));
  return { folds, test };
}

/** So that the folds are not dealt in the order in which the test part was. */
const FOLDS = 0xf01d;
