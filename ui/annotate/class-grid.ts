/** Many pictures at once, for classification: choose some (click, Shift, drag over them), then press a label. */
import type { AnnotationPage, LabelledMany, LabelMany, PictureState } from '../../server/http/annotation-schemas.ts';
import { api } from '../api.ts';
import { t } from '../i18n/language.ts';
import { icon } from '../mount.ts';
import { stateOf } from './filmstrip.ts';
import type { TaskIndex } from './task-index.ts';
import { Thumbnails } from './thumbnails.ts';
import { WindowList } from './window-list.ts';

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
  saved(reply: LabelledMany, to: { state: PictureState; label?: number }): void;
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
  #busy = false;

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

  async #send(to: { state: PictureState; label?: number }): Promise<void> {
    const numbers = [...this.chosen];
    if (!numbers.length || this.#busy) return;
    this.#busy = true;
    try {
      const pictures = await this.#revisions(numbers);
      const reply = await api.post<LabelledMany>(`${this.#options.base}/label`, { pictures, ...to });
      this.chosen.clear();
      this.#options.selected(0);
      this.#options.saved(reply, to);
    } catch (error) {
      this.#options.failed(error);
    } finally {
      this.#busy = false;
    }
  }

  /** What is changed: the revisions that the daemon has now, by whole pages of its list. */
  async #revisions(numbers: readonly number[]): Promise<LabelMany['pictures']> {
    const wanted = new Set(numbers);
    const pages = [...new Set(numbers.map((n) => Math.floor(n / PAGE)))];
    const found: LabelMany['pictures'] = [];
    for (let i = 0; i < pages.length; i += AT_A_TIME) {
      const some = pages.slice(i, i + AT_A_TIME).map((at) => api.get<AnnotationPage>(`${this.#options.base}/pictures`, { offset: at * PAGE, limit: PAGE }));
      for (const { rows } of await Promise.all(some)) {
        for (const { n, revision } of rows) if (wanted.has(n)) found.push({ n, base: revision });
      }
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
