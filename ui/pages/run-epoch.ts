/** Where a training of several folds stands. */
import type { CrossValidation, Progress } from '../../server/http/schemas.ts';

/**
 * The fold and the epoch that are being trained, from 1; `fold` is one more than there are folds while the final model learns from all of them. Told by the progress: the
 * epochs of the folds are numbered through, and with early stopping nobody knows of how many.
 */
export function foldEpoch(
  { done, total }: Pick<Progress, 'done' | 'total'>,
  { folds, final }: CrossValidation,
  epochs: number,
): { fold: number; epoch: number } {
  const all = epochs * (folds + (final === 'refit' ? 1 : 0));
  const ended = total > 0 ? Math.min(all - 1, Math.floor((done / total) * all + 1e-6)) : 0;
  return { fold: Math.floor(ended / epochs) + 1, epoch: (ended % epochs) + 1 };
}
