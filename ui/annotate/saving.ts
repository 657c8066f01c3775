/**
 * Saves pictures by itself: every change is kept in the browser at once and on its way to the daemon within a second. One request a picture is under way at
 * a time; what fails for want of a line is sent again until it arrives, under the same id, so that nothing is done twice. Nothing is ever overwritten: where
 * somebody else has saved meanwhile, the picture waits for a decision. Of the shapes only those go out that have changed, so that a save of a picture with
 * thousands of them takes no longer than one with few.
 */
import type { AnnotatedPicture, AnnotationShape, PictureSave, PictureSaved, ShapeChanges } from '../../server/http/annotation-schemas.ts';
import type { Unsent, UnsentStore } from './unsent.ts';

/** saved: the daemon has it on its disk. waiting, sending: on the way. unsent: the line is down. conflict: a decision is needed. refused: it may not be saved. */
export type SaveState = 'saved' | 'waiting' | 'sending' | 'unsent' | 'conflict' | 'refused';

/** What became of one attempt. */
export type Answer =
  | { kind: 'saved'; reply: PictureSaved }
  | { kind: 'conflict'; current: AnnotatedPicture }
  | { kind: 'refused'; error: unknown }
  /** No answer, or one that may be another the next time. */
  | { kind: 'failed' };

export interface SaverOptions {
  taskId: number;
  send(n: number, save: PictureSave): Promise<Answer>;
  store: UnsentStore | null;
  /** Anything in `state`, `count` or `problem` has changed. */
  changed(): void;
  /** `shapes`: the daemon has these now; null where none were sent. */
  saved(n: number, reply: PictureSaved, shapes: readonly AnnotationShape[] | null): void;
  conflict(n: number, current: AnnotatedPicture, mine: PictureSave): void;
  refused(n: number, error: unknown): void;
  /** In the tests: their own clock. */
  wait?(run: () => void, ms: number): () => void;
  newId?(): string;
}

/** After the last change; a second is promised, and the request needs its part of it. */
export const REST_MS = 350;
const MOST_REST_MS = 700;
const RETRY_MS = [1000, 2000, 4000, 8000, 15_000];

/** What the daemon has of a picture: what is sent is the difference to it. */
interface Known {
  revision: number;
  shapes: readonly AnnotationShape[];
}

interface Pending {
  /** The newest content; null: only what is under way is left. */
  save: PictureSave | null;
  base: number;
  sending: PictureSave | null;
  /** Ids under which it was kept in the browser. */
  ids: Set<string>;
  /** null where it is not known here: then the whole picture is sent. */
  known: Known | null;
  state: SaveState;
  since: number;
  cancel: (() => void) | null;
  tries: number;
}

const clock = (run: () => void, ms: number): (() => void) => {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
};

export class Saver {
  readonly #options: SaverOptions;
  readonly #pending = new Map<number, Pending>();
  #ended = false;

  constructor(options: SaverOptions) {
    this.#options = options;
  }

  /** Timers stop; what is on its way arrives, and what is not sent stays in the browser. */
  end(): void {
    this.#ended = true;
    for (const one of this.#pending.values()) one.cancel?.();
  }

  state(n: number): SaveState {
    return this.#pending.get(n)?.state ?? 'saved';
  }
  /** Of all pictures: the worst. */
  get overall(): SaveState {
    const states = new Set([...this.#pending.values()].map((one) => one.state));
    return (['conflict', 'refused', 'unsent', 'sending', 'waiting'] as const).find((state) => states.has(state)) ?? 'saved';
  }
  /** Pictures that the daemon does not have yet. */
  get count(): number {
    return this.#pending.size;
  }
  numbers(state: SaveState): number[] {
    return [...this.#pending].filter(([, one]) => one.state === state).map(([n]) => n);
  }
  /** What is not saved of a picture: where one comes back to it, this is what is shown. */
  unsaved(n: number): PictureSave | null {
    const one = this.#pending.get(n);
    return one ? (one.save ?? one.sending) : null;
  }

  /** What is not saved, by picture. */
  all(): Map<number, PictureSave> {
    return new Map([...this.#pending].flatMap(([n, one]) => ((one.save ?? one.sending) ? [[n, (one.save ?? one.sending) as PictureSave]] : [])));
  }

  /** The picture is now so; `base` is the revision that was changed, `before` the shapes that it has. */
  change(n: number, content: Omit<PictureSave, 'base' | 'saveId' | 'changes'>, base: number, before: readonly AnnotationShape[] | null = null): void {
    let one = this.#pending.get(n);
    if (!one) {
      const known = before && { revision: base, shapes: before };
      one = { save: null, base, sending: null, ids: new Set(), known, state: 'waiting', since: this.#now(), cancel: null, tries: 0 };
      this.#pending.set(n, one);
    }
    if (!one.save) one.since = this.#now();
    one.save = { ...content, base: one.base, saveId: this.#newId() };
    this.#keep(n, one);
    if (one.state === 'conflict') return;
    if (one.state !== 'unsent') one.state = 'waiting';
    one.tries = 0;
    this.#soon(n, one, Math.min(REST_MS, Math.max(0, one.since + MOST_REST_MS - this.#now())));
    this.#options.changed();
  }

  #now(): number {
    return Date.now();
  }
  #newId(): string {
    return this.#options.newId?.() ?? crypto.randomUUID();
  }

  /** Takes over what an earlier visit has left in the browser. */
  async restore(): Promise<number[]> {
    const left = (await this.#options.store?.all(this.#options.taskId).catch(() => [])) ?? [];
    for (const { n, save } of left) {
      // Of what several tabs have left of a picture the latest goes first; the others wait for the next visit.
      if (this.#pending.has(n)) continue;
      const ids = new Set([save.saveId ?? '']);
      const one: Pending = { save, base: save.base, sending: null, ids, known: null, state: 'waiting', since: this.#now(), cancel: null, tries: 0 };
      this.#pending.set(n, one);
      this.#soon(n, one, 0);
    }
    if (left.length) this.#options.changed();
    return [...new Set(left.map(({ n }) => n))];
  }

  /** Sends all that waits, now: Save result, the line is back, the page is about to be left. */
  flush(): void {
    for (const [n, one] of this.#pending) {
      if (one.state === 'conflict' || one.state === 'refused') continue;
      one.tries = 0;
      one.cancel?.();
      one.cancel = null;
      void this.#send(n, one);
    }
  }

  /** Sends all that waits, and resolves when it has arrived; or when it has not after so long. */
  async rest(ms: number): Promise<void> {
    this.flush();
    const until = this.#now() + ms;
    while ((this.overall === 'sending' || this.overall === 'waiting') && this.#now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** The decision of a conflict: mine is saved over the revision that was looked at, or dropped. */
  resolve(n: number, how: 'mine' | 'theirs', revision: number): void {
    const one = this.#pending.get(n);
    if (!one?.save) return;
    if (how === 'theirs') {
      this.drop(n);
      return;
    }
    one.base = revision;
    one.save = { ...one.save, base: revision, saveId: this.#newId() };
    one.state = 'waiting';
    this.#keep(n, one);
    this.#soon(n, one, 0);
    this.#options.changed();
  }

  /** Forgets what was not saved of a picture. */
  drop(n: number): void {
    const one = this.#pending.get(n);
    if (!one) return;
    one.cancel?.();
    this.#pending.delete(n);
    this.#forget(n, one);
    this.#options.changed();
  }

  #keep(n: number, { save, ids }: Pending): void {
    if (!save) return;
    ids.add(save.saveId ?? '');
    const kept: Unsent = { taskId: this.#options.taskId, n, save, at: new Date().toISOString() };
    void this.#options.store?.put(kept).catch(() => {});
  }
  #forget(n: number, { ids }: Pending): void {
    void this.#options.store?.remove(this.#options.taskId, n, ids).catch(() => {});
  }

  #soon(n: number, one: Pending, ms: number): void {
    if (this.#ended) return;
    one.cancel?.();
    one.cancel = (this.#options.wait ?? clock)(() => {
      one.cancel = null;
      void this.#send(n, one);
    }, ms);
  }

  async #send(n: number, one: Pending): Promise<void> {
    if (one.sending || !one.save || this.#ended || this.#pending.get(n) !== one) return;
    const save = one.save;
    one.sending = save;
    one.save = null;
    if (one.state !== 'unsent') one.state = 'sending';
    this.#options.changed();
    const answer = await this.#options.send(n, leanOf(save, one.known));
    one.sending = null;
    if (this.#pending.get(n) !== one) return;
    this.#answered(n, one, save, answer);
    this.#options.changed();
  }

  #answered(n: number, one: Pending, save: PictureSave, answer: Answer): void {
    // Changed while it was under way? Then that is newer, and what came back is only its base.
    const newer = one.save as PictureSave | null;
    if (answer.kind === 'saved') {
      one.base = answer.reply.revision;
      one.known = save.shapes ? { revision: one.base, shapes: save.shapes } : null;
      one.tries = 0;
      if (newer) {
        one.save = { ...newer, base: one.base };
        one.state = 'waiting';
        this.#keep(n, one);
        this.#soon(n, one, REST_MS);
      } else {
        this.#pending.delete(n);
        this.#forget(n, one);
      }
      this.#options.saved(n, answer.reply, save.shapes ?? null);
      return;
    }
    one.save = newer ?? save;
    if (answer.kind === 'conflict') {
      one.state = 'conflict';
      one.known = answer.current;
      this.#options.conflict(n, answer.current, one.save);
    } else if (answer.kind === 'refused') {
      one.state = 'refused';
      this.#options.refused(n, answer.error);
    } else {
      one.state = 'unsent';
      this.#soon(n, one, RETRY_MS[Math.min(one.tries++, RETRY_MS.length - 1)] as number);
    }
  }
}

/** The same save with only those shapes that the daemon does not have so. */
function leanOf(save: PictureSave, known: Known | null): PictureSave {
  const { shapes, ...rest } = save;
  if (!shapes || !known || known.revision !== save.base) return save;
  const changes = changesOf(known.shapes, shapes);
  return changes ? { ...rest, changes } : save;
}

/** null where shapes cannot be told apart. Shapes are never changed in place: the same object is the same shape. */
export function changesOf(before: readonly AnnotationShape[], after: readonly AnnotationShape[]): ShapeChanges | null {
  const left = new Map<number, AnnotationShape>();
  for (const shape of before) {
    if (!shape.id) return null;
    left.set(shape.id, shape);
  }
  const put: AnnotationShape[] = [];
  for (const shape of after) {
    if (!shape.id) return null;
    const was = left.get(shape.id);
    left.delete(shape.id);
    if (was !== shape && JSON.stringify(was) !== JSON.stringify(shape)) put.push(shape);
  }
  return { put, removed: [...left.keys()] };
}
