/** Who may change which picture of a task. */
import type { ErrorCode } from '../../errors.ts';
import type { StoredUser } from '../people/users.ts';
import { isOpenPart, type StoredTask } from './task.ts';
import type { TaskLabels } from './task-labels.ts';

/** Whoever saves: somebody at a screen, or a person at a kiosk, who has leased the picture. */
export interface Saver {
  reader: StoredUser;
  kiosk: boolean;
}

/** Why a picture cannot be changed; null where it can. */
export function lockOf({ reader, kiosk }: Saver, task: Readonly<StoredTask>, labels: TaskLabels, n: number): ErrorCode | null {
  const partId = labels.parts[n];
  const part = task.parts.find(({ id }) => id === partId);
  if (task.status !== 'working') return 'annotation_completed';
  if (task.reviewerId === reader.id && !kiosk) return null;
  const own = part?.userId === reader.id || (kiosk && part?.userId === null);
  if (part === undefined || !own) return 'annotation_not_yours';
  if (!isOpenPart(part.status)) return 'annotation_part_done';
  return labels.standing(n).review === 'accepted' ? 'annotation_picture_accepted' : null;
}
