/** The list of pictures at the left of the work screen: thumbnails with what state each is in, and a bin that marks it to be deleted. */
import type { Key } from '../i18n/keys.ts';
import { language, t } from '../i18n/language.ts';
import { icon } from '../mount.ts';
import type { TaskIndex } from './task-index.ts';
import { Thumbnails } from './thumbnails.ts';
import { WindowList } from './window-list.ts';

export interface FilmstripOptions {
  taskId: number;
  /** null: not loaded yet. */
  index(): TaskIndex | null;
  list(): Uint32Array;
  open(place: number): void;
  mark(n: number): void;
  /** Whether its reader may mark it. */
  editable(n: number): boolean;
}

/** What a person sees of a picture's state: one word, one icon, one colour. */
export function stateOf(index: TaskIndex, n: number): { name: Key; icon: string; tone: string } {
  const { state, review, proposed } = index.at(n);
  if (state === 'delete') return { name: 'work.state.delete', icon: 'trash-2', tone: 'red' };
  if (review === 'returned') return { name: 'work.state.returned', icon: 'undo-2', tone: 'orange' };
  if (state === 'done') {
    if (review === 'accepted') return { name: 'work.state.accepted', icon: 'badge-check', tone: 'violet' };
    return { name: review === 'fixed' ? 'work.state.fixed' : 'work.state.done', icon: 'circle-check', tone: 'green' };
  }
  return proposed ? { name: 'work.state.proposed', icon: 'wand-sparkles', tone: 'blue' } : { name: 'work.state.todo', icon: 'circle-dashed', tone: 'grey' };
}

export class Filmstrip {
  readonly #list: WindowList;
  readonly #options: FilmstripOptions;
  readonly #thumbnails = new Thumbnails();
  #at = -1;

  constructor(host: HTMLElement, options: FilmstripOptions) {
    this.#options = options;
    this.#list = new WindowList(host, { height: 76, className: 'film', draw: (element, place) => this.#draw(element, place) });
    host.addEventListener('click', (event) => {
      const film = (event.target as Element).closest<HTMLElement>('[data-place]');
      if (!film) return;
      const place = Number(film.dataset.place);
      if (film.matches('.film-bin')) options.mark(options.list()[place] as number);
      else options.open(place);
    });
  }

  end(): void {
    this.#thumbnails.end();
    this.#list.end();
  }

  reload(): void {
    this.#list.count = this.#options.list().length;
    if (this.#at >= 0) this.#list.show(this.#at);
  }

  /** Shows which one is open. */
  goto(place: number): void {
    const before = this.#at;
    this.#at = place;
    this.#list.refresh(before);
    this.#list.show(place);
    this.#list.refresh(place);
  }

  refresh(): void {
    this.#list.refresh();
  }

  #draw(element: HTMLElement, place: number): void {
    const index = this.#options.index();
    const n = this.#options.list()[place];
    if (!index || n === undefined) return;
    const state = stateOf(index, n);
    const editable = this.#options.editable(n);
    const shown = [n, state.name, place === this.#at, editable, language.now].join();
    if (element.dataset.shown === shown) return;
    element.dataset.shown = shown;
    const word = t(state.name);
    if (element.dataset.n !== String(n)) {
      element.dataset.n = String(n);
      element.innerHTML = `<button type="button" class="film-open" data-place="${place}"><img alt="" decoding="async" draggable="false"><span class="film-number">${(n + 1).toLocaleString()}</span><span class="film-state"></span></button>
        <button type="button" class="icon-button film-bin" data-place="${place}">${icon('trash-2')}</button>`;
      this.#thumbnails.put(element.querySelector('img') as HTMLImageElement, `/api/annotation/tasks/${this.#options.taskId}/thumbnails/${n}`);
    }
    const open = element.firstElementChild as HTMLElement;
    const chip = open.querySelector('.film-state') as HTMLElement;
    const bin = element.lastElementChild as HTMLButtonElement;
    element.classList.toggle('current', place === this.#at);
    open.setAttribute('aria-current', place === this.#at ? 'true' : 'false');
    open.setAttribute('aria-label', `${n + 1} · ${word}`);
    open.title = word;
    chip.className = `film-state ${state.tone}`;
    chip.innerHTML = icon(state.icon);
    const marked = state.tone === 'red';
    bin.classList.toggle('marked', marked);
    bin.setAttribute('aria-pressed', String(marked));
    bin.setAttribute('aria-label', `${t('work.mark-delete')}: ${n + 1}`);
    bin.disabled = !editable;
  }
}
