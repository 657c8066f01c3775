/** Which architecture a file of weights is of, and what of it fits. */
import { blueprint, type Parameter } from '../engine/model.ts';
import { type ArchitectureName, architectures } from '../zoo/architectures.ts';
import type { StoredTensor } from './file.ts';
import { ourNames } from './names.ts';

type Shape = readonly number[];

export interface Match {
  readonly architecture: ArchitectureName;
  /** Our names, each with the file's tensor. */
  readonly matched: ReadonlyMap<string, { from: string; tensor: StoredTensor }>;
  /** Of these, linear layers that the file keeps as 1×1 convolutions. */
  readonly flat: ReadonlySet<string>;
  /** Of the architecture, and not in the file. */
  readonly missing: readonly string[];
  /** In the file, and not of the architecture. */
  readonly unexpected: readonly string[];
  readonly misshapen: readonly { name: string; expected: Shape; found: Shape }[];
  /** Classes that the file's head tells apart; null where its head is missing, of another shape or of too many. */
  readonly classes: number | null;
}

/** What the head gives the classes by is of a shape of its own in every file. */
const ANY_CLASSES = 2;
/** The largest public sets have some 20,000. A head of more is left out. */
const MOST_CLASSES = 2 ** 15;

const sizeOf = (shape: Shape) => shape.reduce((product, size) => product * size, 1);
const isSame = (a: Shape, b: Shape) => a.length === b.length && a.every((size, axis) => size === b[axis]);
/** A linear layer that was kept as a 1×1 convolution is the same numbers in the same order. */
const isFlat = (expected: Shape, found: Shape) =>
  expected.length === 2 && found.length === 4 && found[2] === 1 && found[3] === 1 && isSame(expected, found.slice(0, 2));

function parametersOf(name: ArchitectureName): readonly Parameter[] {
  return blueprint(architectures[name], ANY_CLASSES, 64).parameters;
}

export function matchTo(architecture: ArchitectureName, tensors: ReadonlyMap<string, StoredTensor>, parameters = parametersOf(architecture)): Match {
  const names = ourNames(architecture, tensors.keys());
  const found = new Map([...names].map(([from, to]) => [to, { from, tensor: tensors.get(from)! }]));
  const expected = new Map(parameters.map(({ name, shape }) => [name, shape]));
  // The last linear layer.
  const head = parameters.slice(-2).map(({ name }) => name);
  const [weight, bias] = head.map((name) => found.get(name)?.tensor.shape);
  const isHead = weight?.length === 2 && weight[1] === expected.get(head[0]!)![1] && bias?.length === 1 && bias[0] === weight[0];
  const classes = isHead && weight[0]! <= MOST_CLASSES ? weight[0]! : null;
  const matched = new Map<string, { from: string; tensor: StoredTensor }>();
  const flat = new Set<string>();
  const missing: string[] = [];
  const misshapen: { name: string; expected: Shape; found: Shape }[] = [];
  for (const [name, shape] of expected) {
    const at = found.get(name);
    if (at === undefined) missing.push(name);
    else if (head.includes(name) ? classes !== null : isSame(shape, at.tensor.shape)) matched.set(name, at);
    else if (!head.includes(name) && isFlat(shape, at.tensor.shape)) {
      matched.set(name, at);
      flat.add(name);
    } else misshapen.push({ name, expected: shape, found: at.tensor.shape });
  }
  const unexpected = [...found].filter(([to]) => !expected.has(to)).map(([, { from }]) => from);
  return { architecture, matched, flat, missing, unexpected, misshapen, classes };
}

/** The architecture that fits best: most of the numbers at their places, least of them missing. */
export async function bestMatch(tensors: ReadonlyMap<string, StoredTensor>, breathe: () => Promise<void>): Promise<Match> {
  let best: { match: Match; score: number } | undefined;
  for (const name of Object.keys(architectures) as ArchitectureName[]) {
    await breathe();
    const parameters = parametersOf(name);
    const match = matchTo(name, tensors, parameters);
    const all = parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    const right = parameters.reduce((sum, parameter) => sum + (match.matched.has(parameter.name) ? sizeOf(parameter.shape) : 0), 0);
    // What is left over counts against it, too: a large network holds the names of a small one.
    const score = right / all - match.unexpected.length / Math.max(1, tensors.size);
    if (best === undefined || score > best.score) best = { match, score };
  }
  return best!.match;
}
