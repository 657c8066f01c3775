/** Divides pictures (or whatever has a label) into parts: training, validation, test; or folds. */
import { generator, shuffle } from './random.ts';

export interface DealOptions {
  seed: number;
  /** Keep the classes' shares alike in all parts. */
  stratify: boolean;
  /** Things with the same group stay together (pictures of one part, one shift); without it each is alone. */
  groups?: readonly (string | number)[];
}

/**
 * Deals things 0..n-1 into parts of the given shares (of any sum). Deterministic: the same labels, shares and options give the same parts on every
 * machine. Each stratum is shuffled and dealt by largest remaining quota; what a stratum's rounding leaves is carried to the next, so that both the
 * strata and the whole are within about one thing of their shares. Every label is in the first part at least once. Ascending within each part.
 */
export function deal(labels: readonly number[], shares: readonly number[], { seed, stratify, groups }: DealOptions): number[][] {
  const sum = shares.reduce((total, share) => total + share, 0);
  const parts = shares.map((): number[] => []);
  const carry = shares.map(() => 0);
  for (const [stratum, units] of strata(labels, stratify, groups).entries()) {
    shuffle(units, generator(seed, 0x5b117, stratum));
    // Large groups first, so that the small ones can fill up what those left uneven. Groups of one stay shuffled: sort is stable.
    units.sort((a, b) => b.length - a.length);
    const things = units.reduce((total, unit) => total + unit.length, 0);
    const quota = shares.map((share, part) => (things * share) / sum + carry[part]!);
    for (const [position, unit] of units.entries()) {
      const part = position === 0 ? 0 : quota.indexOf(Math.max(...quota));
      parts[part]!.push(...unit);
      quota[part]! -= unit.length;
    }
    for (const [part, left] of quota.entries()) carry[part] = left;
  }
  if (!stratify) seeEveryLabel(labels, parts, groups);
  return parts.map((part) => part.sort((a, b) => a - b));
}

/** Units (groups, or single things) by stratum; a group belongs to the label that most of it has. */
function strata(labels: readonly number[], stratify: boolean, groups: DealOptions['groups']): number[][][] {
  const units = new Map<string | number, number[]>();
  for (let thing = 0; thing < labels.length; thing++) {
    const group = groups === undefined ? thing : groups[thing]!;
    const unit = units.get(group);
    if (unit === undefined) units.set(group, [thing]);
    else unit.push(thing);
  }
  if (!stratify) return [[...units.values()]];
  const byLabel = new Map<number, number[][]>();
  for (const unit of units.values()) {
    const label = commonest(unit.map((thing) => labels[thing]!));
    const list = byLabel.get(label);
    if (list === undefined) byLabel.set(label, [unit]);
    else list.push(unit);
  }
  return [...byLabel].sort(([a], [b]) => a - b).map(([, list]) => list);
}

function commonest(values: readonly number[]): number {
  if (values.length === 1) return values[0]!;
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0])[0]![0];
}

/** Without strata, chance may leave a label out of the first part: its first thing (with its group) is moved there. */
function seeEveryLabel(labels: readonly number[], parts: number[][], groups: DealOptions['groups']): void {
  const seen = new Set(parts[0]!.map((thing) => labels[thing]!));
  for (const part of parts.slice(1)) {
    for (const thing of [...part]) {
      if (seen.has(labels[thing]!) || !part.includes(thing)) continue;
      const moved = part.filter((other) => other === thing || (groups !== undefined && groups[other] === groups[thing]));
      for (const other of moved) {
        part.splice(part.indexOf(other), 1);
        parts[0]!.push(other);
        seen.add(labels[other]!);
      }
    }
  }
}

export interface Parts {
  training: number[];
  validation: number[];
  /** Empty where its share is 0. */
  test: number[];
}

/**
 * Splits by shares in percent. Where there are enough pictures (one of each class and one for each other part), no part whose share is above 0 is
 * empty: one is then taken from the class with the most training pictures. Otherwise validation or test may be empty; the caller has to look.
 */
export function splitByRatio(labels: readonly number[], shares: { training: number; validation: number; test: number }, options: DealOptions): Parts {
  const [training, validation, test] = deal(labels, [shares.training, shares.validation, shares.test], options) as [number[], number[], number[]];
  if (options.groups === undefined) {
    for (const [part, share] of [
      [validation, shares.validation],
      [test, shares.test],
    ] as const) {
      if (share === 0 || part.length > 0) continue;
      const label = commonest(training.map((thing) => labels[thing]!));
      const candidates = training.filter((thing) => labels[thing] === label);
      if (candidates.length < 2) continue;
      const moved = candidates[Math.floor(generator(options.seed, 0xf111)() * candidates.length)]!;
      training.splice(training.indexOf(moved), 1);
      part.push(moved);
    }
  }
  return { training, validation, test };
}
