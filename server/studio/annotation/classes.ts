/** The classes of a task (the manual's labels): made, changed, ordered and deleted at any time, also while others label. */
import { StudioError } from '../../errors.ts';
import type { AnnotationClassChange, NewAnnotationClass } from '../../http/annotation-schemas.ts';
import type { StoredClass, StoredTask } from './task.ts';

/** As the browser's classColour has them: colours that colour-blind people can tell apart. */
const PALETTE = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#b8a800', '#7a7f87', '#882255', '#44aa99', '#6a5acd', '#a5673f'];
const DIGITS = '1234567890';
const MOST = 1000;

type Classes = Pick<StoredTask, 'classes' | 'lastClass' | 'classesRevision'>;

export const livingClasses = (task: Pick<StoredTask, 'classes'>): StoredClass[] => task.classes.filter(({ deleted }) => deleted === undefined);

/** The class that an id stands for now: itself, the one that its shapes were moved to, or null where they were deleted. */
export function resolveClass(task: Pick<StoredTask, 'classes'>, id: number): number | null {
  let at: number | null = id;
  // A chain cannot be longer than there are classes: a class is moved to one that lives.
  for (let step = 0; step <= task.classes.length && at !== null; step++) {
    const found = task.classes.find((candidate) => candidate.id === at);
    if (found === undefined) return null;
    if (found.deleted === undefined) return found.id;
    at = found.deleted.moveTo;
  }
  return null;
}

export function addClass<T extends Classes>(task: T, request: NewAnnotationClass): T {
  const living = livingClasses(task);
  if (living.length >= MOST) throw new StudioError('annotation_too_many_classes', { limit: MOST });
  const name = checkedName(living, request.name, null);
  const used = new Set(living.map(({ colour }) => colour));
  const colour = request.colour ?? PALETTE.find((candidate) => !used.has(candidate)) ?? PALETTE[living.length % PALETTE.length]!;
  const free = [...DIGITS].find((digit) => !living.some(({ hotKey }) => hotKey === digit)) ?? null;
  const hotKey = request.hotKey === undefined ? free : checkedKey(living, request.hotKey, null);
  const id = task.lastClass + 1;
  return { ...task, classes: [...task.classes, { id, name, colour, hotKey }], lastClass: id, classesRevision: task.classesRevision + 1 };
}

export function changeClass<T extends Classes>(task: T, id: number, change: AnnotationClassChange): T {
  const living = livingClasses(task);
  living.find((candidate) => candidate.id === id) ?? missing(task, id);
  const classes = task.classes.map((before) =>
    before.id !== id
      ? before
      : {
          ...before,
          ...(change.name === undefined ? {} : { name: checkedName(living, change.name, id) }),
          ...(change.colour === undefined ? {} : { colour: change.colour }),
          ...(change.hotKey === undefined ? {} : { hotKey: checkedKey(living, change.hotKey, id) }),
        },
  );
  return { ...task, classes, classesRevision: task.classesRevision + 1 };
}

/** Classes that are not named come last, in their order of before. */
export function orderClasses<T extends Classes>(task: T, ids: readonly number[]): T {
  const place = new Map(ids.map((id, i) => [id, i]));
  const classes = task.classes
    .map((one, i) => ({ one, key: place.get(one.id) ?? ids.length + i }))
    .sort((a, b) => a.key - b.key)
    .map(({ one }) => one);
  return { ...task, classes, classesRevision: task.classesRevision + 1 };
}

export function deleteClass<T extends Classes>(task: T, id: number, moveTo: number | null): T {
  const living = livingClasses(task);
  living.find((candidate) => candidate.id === id) ?? missing(task, id);
  if (moveTo !== null) living.find((candidate) => candidate.id === moveTo && candidate.id !== id) ?? missing(task, moveTo);
  const classes = task.classes.map((before) => (before.id === id ? { ...before, hotKey: null, deleted: { moveTo } } : before));
  return { ...task, classes, classesRevision: task.classesRevision + 1 };
}

/** Throws annotation_class_deleted, which names it, or not_found. */
export function missing(task: Pick<StoredTask, 'classes'>, id: number): never {
  const deleted = task.classes.find((candidate) => candidate.id === id);
  throw deleted === undefined ? new StudioError('not_found') : new StudioError('annotation_class_deleted', { name: deleted.name });
}

function checkedName(living: readonly StoredClass[], given: string, self: number | null): string {
  const name = given.trim();
  const wanted = name.toLowerCase();
  if (living.some((other) => other.id !== self && other.name.toLowerCase() === wanted)) throw new StudioError('annotation_class_taken', { name });
  return name;
}

function checkedKey(living: readonly StoredClass[], key: string | null, self: number | null): string | null {
  const other = key === null ? undefined : living.find((candidate) => candidate.id !== self && candidate.hotKey === key);
  if (other !== undefined) throw new StudioError('annotation_key_taken', { key: key!, name: other.name });
  return key;
}
