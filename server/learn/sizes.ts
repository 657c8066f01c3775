/** Whether an architecture can learn from pictures of a size, so many at a time. */
import { blueprint } from '../engine/model.ts';
import { StudioError } from '../errors.ts';
import { type ArchitectureName, architectures } from '../zoo/architectures.ts';

/** Every architecture takes pictures of this size and larger ones, even one at a time. */
export const TAKEN_BY_ALL = 64;
/** What most architectures bring down to a single pixel, and what is proposed where it is enough. */
const COMMON = 32;
const ANY_CLASSES = 2;

const known = new Map<string, boolean>();

function takes(algorithm: ArchitectureName, size: number, batch: number, frozenStages: number): boolean {
  if (size >= TAKEN_BY_ALL) return true;
  const few = Math.min(batch, 2);
  const key = `${algorithm} ${size} ${few} ${frozenStages}`;
  let found = known.get(key);
  if (found === undefined) {
    try {
      blueprint(architectures[algorithm], ANY_CLASSES, size, few, { frozenStages });
      found = true;
    } catch (error) {
      if ((error as Error).name !== 'ShapeError') throw error;
      found = false;
    }
    known.set(key, found);
  }
  return found;
}

/**
 * What is wrong with `batch` pictures of `size`·`size` pixels at a time, where the first `frozenStages` are not trained; null: nothing. One picture is too little where a
 * batch norm would see a single value of each channel, because the picture has come down to one pixel.
 */
export function sizeProblem(algorithm: ArchitectureName, size: number, batch: number, frozenStages = 0): StudioError | null {
  if (takes(algorithm, size, batch, frozenStages)) return null;
  const least = size < COMMON && takes(algorithm, COMMON, batch, frozenStages) ? COMMON : TAKEN_BY_ALL;
  const code = takes(algorithm, size, 2, frozenStages) ? 'batch_of_one' : 'input_size_too_small';
  return new StudioError(code, { name: algorithm, size, least });
}
