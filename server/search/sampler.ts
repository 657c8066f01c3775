/** The contract of the samplers: given everything that was tried so far, which parameters next? */
import { cardinality, keyOf, type Params, paramsAt, type Space, valueAt } from './space.ts';
import type { Direction, Trial } from './trial.ts';

export interface Problem {
  /** Valid (parseSpace). */
  readonly space: Space;
  readonly direction: Direction;
  /** A non-negative integer. */
  readonly seed: number;
  /** How many trials there will be at most; the grid chooses its mesh by it. */
  readonly maxTrials: number;
}

/**
 * A sampler is a pure function of the problem and the trials: it keeps nothing between two calls, so a restarted daemon goes on exactly where it was.
 * `trials` holds all of them in the order of their ids, the waiting and running ones too, so that parallel trials do not repeat each other.
 * The answer lies in the space. null: every point has been tried (a finite space, or all of the grid).
 */
export interface Sampler {
  suggest(problem: Problem, trials: readonly Trial[]): Params | null;
}

/** Looks for a point that has not been tried: training the same thing twice teaches nothing. */
export class Untried {
  readonly #space: Space;
  readonly #size: number;
  readonly #tried: Set<string>;

  constructor(space: Space, trials: readonly Trial[]) {
    this.#space = space;
    this.#size = cardinality(space);
    this.#tried = new Set(trials.map(({ params }) => keyOf(space, params)));
  }

  get exhausted(): boolean {
    return this.#tried.size >= this.#size;
  }

  has(params: Params): boolean {
    return !this.#tried.has(keyOf(this.#space, params));
  }

  /**
   * The first point of draw(0), draw(1), … (coordinates in the unit cube) that has not been tried. Where that takes too long, little is left of a finite
   * space: the remaining points are counted through. null: nothing is left.
   */
  first(draw: (attempt: number) => ArrayLike<number>): Params | null {
    if (this.exhausted) return null;
    let params = paramsAt(this.#space, draw(0));
    for (let attempt = 1; attempt <= 200; attempt++) {
      if (this.has(params)) return params;
      params = paramsAt(this.#space, draw(attempt));
    }
    for (let index = 0; index < Math.min(this.#size, 1e6); index++) {
      const point = this.#point(index);
      if (this.has(point)) return point;
    }
    return params;
  }

  /** Point number `index` of a finite space, counted in mixed radix. */
  #point(index: number): Params {
    const entries = this.#space.map((dimension): [string, Params[string]] => {
      if (dimension.kind === 'float') return [dimension.name, dimension.low];
      const count = cardinality([dimension]);
      const level = index % count;
      index = Math.floor(index / count);
      return [dimension.name, valueAt(dimension, level)];
    });
    return Object.fromEntries(entries);
  }
}
