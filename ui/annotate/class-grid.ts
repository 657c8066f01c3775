/** Many pictures at once, for classification: choose some (click, Shift, drag over them), then press a label. */
import type { AnnotationPage, AnnotationRow, LabelledMany, LabelMany, PictureState } from '../../server/http/annotation-schemas.ts';
import { api } from '../api.ts';
import { t } from '../i18n/language.ts';
import { icon } from '../mount.ts';
import { stateOf } from './filmstrip.ts';
import type { Entry, TaskIndex } from './task-index.ts';
import { Thumbnails } from './thumbnails.ts';
import { WindowList } from './window-list.ts';

/** What a picture becomes; without a label it keeps its own. */
export interface Becomes {
  state: PictureState;
  label?: number | null;
}

/** What a save has replaced: it had the revision `from`, and has `base` since. */
export interface Replaced extends Required<Becomes> {
  n: number;
  from: number;
  base: number;
}

export interface ClassGridOptions {
  /** Address of the task. */
  base: string;
  index(): TaskIndex | null;
  list(): Uint32Array;
  editable(n: number): boolean;
  name(label: number): string;
  colour(label: number): string;
  selected(count: number): void;
  open(place: number): void;
  /** Resolves when own changes of single pictures that are on their way have arrived. */
  ready(): Promise<void>;
  saved(reply: LabelledMany, to: Becomes, before: Replaced[]): void;
  /** Somebody else has changed these since they were shown: they were not saved. */
  outdated(rows: readonly AnnotationRow[]): void;
  failed(error: unknown): void;
}

/** In one request. */
const MOST = 5000;
const AT_A_TIME = 4;
/** Rows of a page of the daemon's list. */
const PAGE = 500;

export class ClassGrid {
  readonly #options: ClassGridOptions;
  readonly #list: WindowList;
  readonly #end = new AbortController();
  readonly #thumbnails = new Thumbnails();
  readonly chosen = new Set<number>();
  #last = -1;
  #painting: boolean | null = null;
  /** The end of what is being saved. */
  #turn: Promise<void> = Promise.resolve();
  /** Of saves that are not done: how the person saw the pictures. */
  readonly #seen = new Set<Map<number, Entry>>();

  constructor(host: HTMLElement, options: ClassGridOptions) {
    this.#options = options;
    this.#list = new WindowList(host, { height: 156, width: 148, className: 'grid-cell', draw: (element, place) => this.#draw(element, place) });
    const on = { signal: this.#end.signal };
    host.addEventListener('pointerdown', (event) => this.#down(event), on);
    host.addEventListener('pointerover', (event) => this.#over(event), on);
    addEventListener('pointerup', () => this.#up(), on);
    host.addEventListener('click', (event) => this.#click(event), on);
    host.addEventListener('keydown', (event) => this.#key(event), on);
    host.addEventListener(
      'dblclick',
      (event) => {
        const place = this.#placeOf(event);
        if (place >= 0) options.open(place);
      },
      on,
    );
    this.reload();
  }

  end(): void {
    this.#end.abort();
    this.#thumbnails.end();
    this.#list.end();
  }

  reload(): void {
    const there = new Set(this.#options.list());
    for (const n of [...this.chosen]) if (!there.has(n)) this.chosen.delete(n);
    this.#list.count = this.#options.list().length;
    this.#options.selected(this.chosen.size);
  }
  refresh(): void {
    this.#list.refresh();
  }

  selectAll(): void {
    for (const n of this.#options.list()) {
      if (this.chosen.size >= MOST) break;
      if (this.#options.editable(n)) this.chosen.add(n);
    }
    this.#changed();
  }
  clear(): void {
    this.chosen.clear();
    this.#changed();
  }

  label(label: number): void {
    void this.#send({ state: 'done', label });
  }
  mark(): void {
    void this.#send({ state: 'delete' });
  }

  async #send(to: Becomes): Promise<void> {
    const index = this.#options.index();
    if (!this.chosen.size || !index) return;
    // As the person sees them: only that may be replaced.
    const seen = new Map([...this.chosen].map((n) => [n, index.at(n)]));
    this.#seen.add(seen);
    this.clear();
    await this.#inTurn(async () => {
      this.#seen.delete(seen);
      await this.#options.ready();
      const rows = await this.#rows(seen);
      const isAsSeen = ({ n, state, label }: AnnotationRow) => seen.get(n)?.state === state && seen.get(n)?.label === (label ?? 0);
      const pictures = rows.filter(isAsSeen).map(({ n, revision }) => ({ n, base: revision }));
      if (pictures.length) {
        const reply = await this.#post(pictures, to);
        const from = new Map(pictures.map(({ n, base }) => [n, base]));
        const before = reply.saved.map(({ n, revision }): Replaced => {
          const { state, label } = seen.get(n) as Entry;
          return { n, from: from.get(n) ?? 0, base: revision, state, label: label || null };
        });
        this.#saved(reply, to, before);
      }
      const others = rows.filter((row) => !isAsSeen(row));
      if (others.length) this.#options.outdated(others);
    }).catch((error: unknown) => {
      this.#options.failed(error);
      if (this.#end.signal.aborted) return;
      // To be tried again with one key.
      for (const n of seen.keys()) this.chosen.add(n);
      this.reload();
      this.refresh();
    });
  }

  /** Sends back what the last of these saves has replaced, and takes it out of the list as it is back. */
  async putBack(saves: Replaced[][]): Promise<void> {
    await this.#inTurn(async () => {
      const step = saves.at(-1);
      while (step?.[0]) {
        const { state, label } = step[0];
        const same = step.filter((one) => one.state === state && one.label === label);
        const reply = await this.#post(
          same.map(({ n, base }) => ({ n, base })),
          { state, label },
        );
        step.splice(0, step.length, ...step.filter((one) => one.state !== state || one.label !== label));
        // They are again what the save before has made of them, under a new revision.
        const from = new Map(same.map((one) => [one.n, one.from]));
        const now = new Map(reply.saved.map(({ n, revision }) => [n, revision]));
        for (const one of saves.slice(0, -1).flat()) if (one.base === from.get(one.n)) one.base = now.get(one.n) ?? one.base;
        this.#saved(reply, { state, label }, []);
      }
      saves.pop();
    }).catch((error: unknown) => this.#options.failed(error));
  }

  /** One thing after another, in the order of the keys. */
  #inTurn(run: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(run);
    this.#turn = turn.catch(() => {});
    return turn;
  }

  #saved(reply: LabelledMany, to: Becomes, before: Replaced[]): void {
    // What one's own save has made of them counts as seen by the saves that wait for it.
    for (const seen of this.#seen) {
      for (const { n } of reply.saved) {
        const entry = seen.get(n);
        if (entry) seen.set(n, { ...entry, state: to.state, label: (to.label === undefined ? entry.label : to.label) ?? 0 });
      }
    }
    this.#options.saved(reply, to, before);
  }

  #post(pictures: LabelMany['pictures'], to: Becomes): Promise<LabelledMany> {
    return api.post<LabelledMany>(`${this.#options.base}/label`, { pictures, ...to });
  }

  /** What the daemon has of them now, by whole pages of its list. */
  async #rows(wanted: ReadonlyMap<number, unknown>): Promise<AnnotationRow[]> {
    const pages = [...new Set([...wanted.keys()].map((n) => Math.floor(n / PAGE)))];
    const found: AnnotationRow[] = [];
    for (let i = 0; i < pages.length; i += AT_A_TIME) {
      const some = pages.slice(i, i + AT_A_TIME).map((at) => api.get<AnnotationPage>(`${this.#options.base}/pictures`, { offset: at * PAGE, limit: PAGE }));
      for (const { rows } of await Promise.all(some)) found.push(...rows.filter(({ n }) => wanted.has(n)));
    }
    return found;
  }

  #changed(): void {
    this.#options.selected(this.chosen.size);
    this.#list.refresh();
  }

  #placeOf(event: Event): number {
    const at = (event.target as Element).closest<HTMLElement>('[data-place]')?.dataset.place;
    return at === undefined ? -1 : Number(at);
  }

  #set(place: number, on: boolean): void {
    const n = this.#options.list()[place];
    if (n === undefined || !this.#options.editable(n)) return;
    if (on) this.chosen.add(n);
    else this.chosen.delete(n);
  }

  #down(event: PointerEvent): void {
    const place = this.#placeOf(event);
    if (place < 0 || event.button !== 0 || event.shiftKey || event.pointerType === 'touch') return;
    this.#painting = !this.chosen.has(this.#options.list()[place] as number);
  }
  /** With the button held down, what is passed over gets the state of the first. */
  #over(event: PointerEvent): void {
    if (this.#painting === null || !(event.buttons & 1)) return;
    const place = this.#placeOf(event);
    if (place < 0) return;
    this.#set(place, this.#painting);
    this.#changed();
  }
  #up(): void {
    this.#painting = null;
  }

  #click(event: MouseEvent): void {
    const place = this.#placeOf(event);
    if (place < 0) return;
    if (event.shiftKey && this.#last >= 0) {
      for (let at = Math.min(this.#last, place); at <= Math.max(this.#last, place); at++) this.#set(at, true);
    } else this.#set(place, !this.chosen.has(this.#options.list()[place] as number));
    this.#last = place;
    this.#changed();
  }

  #key(event: KeyboardEvent): void {
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: this.#list.columns, ArrowUp: -this.#list.columns }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const to = Math.max(0, Math.min(this.#list.count - 1, this.#placeOf(event) + step));
    this.#list.show(to, true);
    this.#list.item(to)?.querySelector('button')?.focus({ preventScroll: true });
  }

  #draw(element: HTMLElement, place: number): void {
    const o = this.#options;
    const index = o.index();
    const n = o.list()[place];
    if (!index || n === undefined) return;
    const state = stateOf(index, n);
    const { label } = index.at(n);
    if (element.dataset.n !== String(n)) {
      element.dataset.n = String(n);
      element.innerHTML = `<button type="button" class="grid-open" data-place="${place}"><img alt="" decoding="async" draggable="false"><span class="film-state"></span><span class="grid-caption"><span class="swatch"></span><span class="cut" data-verbatim></span></span></button>`;
      this.#thumbnails.put(element.querySelector('img') as HTMLImageElement, `${o.base}/thumbnails/${n}`);
    }
    const button = element.firstElementChild as HTMLButtonElement;
    const chip = button.querySelector('.film-state') as HTMLElement;
    chip.className = `film-state ${state.tone}`;
    chip.innerHTML = icon(state.icon);
    const swatch = button.querySelector('.swatch') as HTMLElement;
    swatch.style.backgroundColor = label ? o.colour(label) : 'transparent';
    const text = o.name(label) || `${n + 1}`;
    (button.querySelector('.cut') as HTMLElement).textContent = text;
    button.setAttribute('aria-pressed', String(this.chosen.has(n)));
    button.setAttribute('aria-label', `${n + 1} · ${t(state.name)}${label ? ` · ${o.name(label)}` : ''}`);
    button.disabled = !o.editable(n);
  }
}
