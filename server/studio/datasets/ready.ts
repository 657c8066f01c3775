/** Whether there is something in a dataset yet. */
import { type ErrorCode, StudioError } from '../../errors.ts';
import type { Dataset } from '../../http/schemas.ts';

const WHY: { readonly [status in Dataset['status']]: ErrorCode | null } = { ready: null, ingesting: 'dataset_ingesting', failed: 'dataset_failed' };

export const notReady = ({ status }: Pick<Dataset, 'status'>): ErrorCode | null => WHY[status];

/** Throws dataset_ingesting or dataset_failed. */
export function checkReady(dataset: Pick<Dataset, 'status'>): void {
  const reason = notReady(dataset);
  if (reason !== null) throw new StudioError(reason);
}
