/** One thing for many pictures: each is done, or refused with its reason, by itself. */
import { StudioError } from '../../errors.ts';
import type { LabelledMany } from '../../http/annotation-schemas.ts';

/** Changes between two turns of the event loop. */
const SLICE = 500;

/** `work` gives null where there was nothing to do. What it throws that is not of the catalogue ends it all. */
export async function forMany(numbers: readonly number[], work: (n: number, i: number) => Promise<{ revision: number } | null>): Promise<LabelledMany> {
  const outcome: LabelledMany = { saved: [], refused: [] };
  for (let from = 0; from < numbers.length; from += SLICE) {
    const results = await Promise.allSettled(numbers.slice(from, from + SLICE).map((n, i) => work(n, from + i)));
    for (const [i, result] of results.entries()) {
      const n = numbers[from + i]!;
      if (result.status === 'fulfilled') {
        if (result.value !== null) outcome.saved.push({ n, revision: result.value.revision });
      } else if (result.reason instanceof StudioError) outcome.refused.push({ n, code: result.reason.code });
      else throw result.reason;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  return outcome;
}
