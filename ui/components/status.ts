/** How states look: one colour, one icon and one word for each, everywhere. */
import type { AnnotationStatus, PartStatus } from '../../server/http/annotation-schemas.ts';
import type { ExperimentStatus, JobState, ProjectStatus } from '../../server/http/schemas.ts';
import { textOf } from '../i18n/language.ts';
import { icon } from '../mount.ts';

export type Status =
  | ExperimentStatus
  | JobState
  | ProjectStatus
  | 'ingesting'
  | 'reading'
  | 'using'
  | 'ended'
  | 'active'
  | 'disabled'
  | 'uploading'
  | 'paused'
  | 'pruned'
  | AnnotationStatus
  | PartStatus;

const LOOK: { [status in Status]: [tone: string, icon: string] } = {
  draft: ['grey', 'circle-dashed'],
  pending: ['amber', 'hourglass'],
  running: ['blue', 'loader'],
  succeeded: ['green', 'circle-check'],
  published: ['violet', 'badge-check'],
  aborted: ['orange', 'circle-stop'],
  stopped: ['orange', 'circle-stop'],
  failed: ['red', 'circle-x'],
  paused: ['amber', 'circle-pause'],
  pruned: ['grey', 'scissors'],
  ready: ['green', 'circle-check'],
  working: ['blue', 'flask-conical'],
  completed: ['grey', 'lock'],
  completing: ['blue', 'loader'],
  done: ['green', 'send'],
  returned: ['orange', 'undo-2'],
  accepted: ['violet', 'badge-check'],
  ingesting: ['blue', 'loader'],
  reading: ['blue', 'loader'],
  uploading: ['blue', 'upload'],
  using: ['green', 'circle-check'],
  ended: ['grey', 'ban'],
  active: ['green', 'circle-check'],
  disabled: ['grey', 'ban'],
};

/** Where a kind shares a word with another but not its look: a new project waits for work; pictures are labelled, not experimented with. */
const OTHERWISE: Record<string, [tone: string, icon: string]> = {
  'project.ready': ['grey', 'circle-dashed'],
  'annotation.working': ['blue', 'tags'],
  'part.working': ['blue', 'tags'],
};

export function statusChip(status: Status, kind = ''): string {
  const [tone, mark] = OTHERWISE[`${kind}.${status}`] ?? LOOK[status];
  const word = textOf(`status.${kind}.${status}`) ?? textOf(`status.${status}`) ?? status;
  return `<span class="chip ${tone}">${icon(mark, mark === 'loader' ? 'spin' : '')}<span>${word}</span></span>`;
}

/** The word alone, for searching and sorting. */
export function statusWord(status: Status, kind = ''): string {
  return textOf(`status.${kind}.${status}`) ?? textOf(`status.${status}`) ?? status;
}
