/** What a training needs of a memory at the batch_size that is wanted, told from what smaller batches took of it. */

/** Of a limit: what a training's memory may vary by. */
const MARGIN = 0.95;

export interface MemoryFit {
  /** MiB. */
  needed: number;
  limit: number;
  fits: boolean;
  /** The largest batch_size that fits where the wanted one does not; null where it fits, or where none would. */
  proposed: number | null;
}

/** What a batch took, in MiB. */
export interface Taken {
  batchSize: number;
  mb: number;
}

/** `large` null: there was only the small one. `idle`: what is taken without any batch. `besides`: what the training keeps and the measurement did not. All in MiB. */
export function memoryFit(
  small: Taken,
  large: Taken | null,
  { idle, besides, limit, wanted }: { idle: number; besides: number; limit: number; wanted: number },
): MemoryFit {
  const top = large ?? small;
  const perPicture = large === null ? (small.mb - idle) / small.batchSize : (large.mb - small.mb) / (large.batchSize - small.batchSize);
  const slope = Math.max(0, perPicture);
  const needed = Math.ceil(top.mb + slope * (wanted - top.batchSize) + besides);
  const fits = needed <= limit;
  const most = slope === 0 ? 0 : Math.floor(top.batchSize + (MARGIN * limit - besides - top.mb) / slope);
  return { needed, limit, fits, proposed: fits || most < 1 || wanted < 2 ? null : rounded(Math.min(most, wanted - 1)) };
}

/** Down to a number that people use for a batch. */
function rounded(batch: number): number {
  if (batch >= 16) return batch - (batch % 8);
  return batch >= 4 ? batch - (batch % 2) : batch;
}
