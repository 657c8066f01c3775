/**
 * A grid of pictures that scrolls smoothly whatever their number: only the rows in sight are in the document, and only the pages in sight are
 * asked for. Arrows move between pictures, Enter opens one. Made and driven by a page:
 *
 *     const grid = new PictureGrid(host, { label, tileHeight, load, tile, open });  grid.reload(); … grid.end();
 */
import { icon } from '../mount.ts';

export interface Tile {
  src: string;
  /** What is under the picture. */
  caption: string;
  /** A short word in the corner, with its class's colour. */
  mark?: { text: string; colour: string; ink: string };
  /** Puts labels over the picture, once it is there; `frame` holds the picture alone. */
  draw?(frame: HTMLElement): void;
  /** Read out besides, where the eye sees it by a sign: why it is marked wrong. */
  wrong?: string;
}

export interface GridOptions<Row> {
  label: string;
  load(offset: number, limit: number, signal: AbortSignal): Promise<{ total: number; rows: Row[] }>;
  tile(row: Row): Tile;
  open(index: number): void;
  /** Lines of text under a picture. */
  lines?: 1 | 2;
  /** After each answer. */
  loaded?(total: number): void;
  failed?(error: unknown): void;
}

const PAGE = 120;
const KEPT_PAGES = 60;
const GAP = 12;
const TILE_WIDTH = 132;
const LINE_HEIGHT = 18;
/** Rows kept above and below what is in sight. */
const MARGIN = 3;
/** What is only rushed past is neither asked for nor drawn: who drags the scroll bar through a hundred thousand pictures would wait for all of them. */
const STAY_MS = 50;

function scrollerOf(element: HTMLElement): HTMLElement | Window {
  for (let above = element.parentElement; above; above = above.parentElement) {
    if (/auto|scroll/.test(getComputedStyle(above).overflowY) && above !== document.body) return above;
  }
  return window;
}

export class PictureGrid<Row> {
  readonly #host: HTMLElement;
  readonly #options: GridOptions<Row>;
  readonly #scroller: HTMLElement | Window;
  readonly #watch: ResizeObserver;
  readonly #tiles = new Map<number, HTMLElement>();
  #pages = new Map<number, Row[] | 'asked'>();
  #turn = new AbortController();
  #total: number | null = null;
  #columns = 1;
  #side = TILE_WIDTH;
  #rowHeight = TILE_WIDTH;
  #current = 0;
  #frame = 0;
  /** Pages in sight that are not here yet, and since when. */
  #missing = new Map<number, number>();
  #timer = 0;
  /** The picture that takes the focus as soon as it is there. */
  #awaited: number | null = null;
  /** Where the grid began when it was last drawn, from the top of the window. */
  #top = 0;

  constructor(host: HTMLElement, options: GridOptions<Row>) {
    this.#host = host;
    this.#options = options;
    this.#scroller = scrollerOf(host);
    host.classList.add('picture-grid');
    if (options.lines === 2) host.classList.add('two-lines');
    host.setAttribute('role', 'list');
    host.setAttribute('aria-label', options.label);
    this.#watch = new ResizeObserver(() => this.#measure());
    this.#watch.observe(host);
    this.#scroller.addEventListener('scroll', this.#soon, { passive: true });
    host.addEventListener('keydown', this.#key);
    host.addEventListener('click', this.#click);
  }

  end(): void {
    this.#turn.abort();
    this.#watch.disconnect();
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#timer);
    this.#scroller.removeEventListener('scroll', this.#soon);
  }

  /** Asks anew: another filter, another order, more data. */
  reload(): void {
    this.#turn.abort();
    this.#turn = new AbortController();
    this.#pages = new Map();
    this.#total = null;
    this.#current = 0;
    this.#awaited = null;
    this.#host.setAttribute('aria-busy', 'true');
    for (const tile of this.#tiles.values()) tile.classList.add('stale');
    void this.#ask(0);
  }

  /** The record at a place of the present order, asked for where it is not here yet. */
  async row(index: number): Promise<Row | undefined> {
    const page = Math.floor(index / PAGE);
    const known = this.#pages.get(page);
    if (Array.isArray(known)) return known[index % PAGE];
    const { rows } = await this.#options.load(page * PAGE, PAGE, this.#turn.signal);
    this.#pages.set(page, rows);
    return rows[index % PAGE];
  }

  get total(): number {
    return this.#total ?? 0;
  }

  /** Brings a picture into sight and puts the focus on it. */
  focus(index: number): void {
    this.#current = Math.max(0, Math.min(this.total - 1, index));
    const top = Math.floor(this.#current / this.#columns) * this.#rowHeight;
    const host = this.#host.getBoundingClientRect();
    const view = this.#view();
    const at = host.top + top;
    const by = at < view.top ? at - view.top - GAP : at + this.#rowHeight > view.bottom ? at + this.#rowHeight - view.bottom + GAP : 0;
    if (by) this.#scroller.scrollBy({ top: by });
    this.#draw();
    const button = this.#tiles.get(this.#current)?.querySelector('button');
    if (button) button.focus({ preventScroll: true });
    else this.#awaited = this.#current;
  }

  #view(): { top: number; bottom: number } {
    if (this.#scroller instanceof Window) return { top: 0, bottom: innerHeight };
    const { top, bottom } = this.#scroller.getBoundingClientRect();
    return { top, bottom };
  }

  readonly #soon = () => {
    if (this.#frame) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
    });
  };

  #measure(): void {
    const width = this.#host.clientWidth;
    if (!width) return;
    this.#columns = Math.max(2, Math.floor((width + GAP) / (TILE_WIDTH + GAP)));
    this.#side = Math.floor((width - GAP * (this.#columns - 1)) / this.#columns);
    this.#rowHeight = this.#side + 4 + LINE_HEIGHT * (this.#options.lines ?? 1) + GAP;
    this.#host.style.setProperty('--tile', `${this.#side}px`);
    for (const [index, tile] of this.#tiles) this.#put(tile, index);
    this.#draw();
  }

  #put(tile: HTMLElement, index: number): void {
    const x = (index % this.#columns) * (this.#side + GAP);
    const y = Math.floor(index / this.#columns) * this.#rowHeight;
    tile.style.transform = `translate(${x}px, ${y}px)`;
  }

  async #ask(page: number): Promise<void> {
    if (this.#pages.has(page)) return;
    const turn = this.#turn;
    this.#pages.set(page, 'asked');
    try {
      const { total, rows } = await this.#options.load(page * PAGE, PAGE, turn.signal);
      if (turn.signal.aborted) return;
      this.#pages.set(page, rows);
      for (const old of this.#pages.keys()) {
        if (this.#pages.size <= KEPT_PAGES) break;
        if (old !== page) this.#pages.delete(old);
      }
      if (this.#total === null) {
        for (const tile of this.#tiles.values()) tile.remove();
        this.#tiles.clear();
      }
      this.#total = total;
      this.#host.setAttribute('aria-busy', 'false');
      this.#options.loaded?.(total);
      this.#draw();
    } catch (error) {
      if (turn.signal.aborted) return;
      this.#pages.delete(page);
      this.#options.failed?.(error);
    }
  }

  #draw(): void {
    const total = this.#total;
    if (total === null) return;
    const rows = Math.ceil(total / this.#columns);
    this.#host.style.height = `${Math.max(0, rows * this.#rowHeight - GAP)}px`;
    const view = this.#view();
    const top = this.#host.getBoundingClientRect().top;
    const from = Math.max(0, Math.floor((view.top - top) / this.#rowHeight) - MARGIN) * this.#columns;
    const to = Math.min(total, (Math.ceil((view.bottom - top) / this.#rowHeight) + MARGIN) * this.#columns);
    for (const [index, tile] of this.#tiles) {
      if (index >= from && index < to) continue;
      // The picture that has the focus stays, or the focus would be lost.
      if (tile.contains(document.activeElement)) continue;
      // A picture that is still on its way must not keep those in sight waiting.
      const image = tile.querySelector('img');
      if (image && !image.complete) image.removeAttribute('src');
      tile.remove();
      this.#tiles.delete(index);
    }
    const rushing = Math.abs(top - this.#top) > view.bottom - view.top;
    this.#top = top;
    for (let index = from; index < to; index++) this.#tile(index, total, rushing);
    this.#askMissing(Math.floor(from / PAGE), Math.floor((to - 1) / PAGE), rushing);
  }

  #askMissing(first: number, last: number, again: boolean): void {
    clearTimeout(this.#timer);
    const now = performance.now();
    const before = this.#missing;
    this.#missing = new Map();
    for (let page = first; page <= last; page++) {
      if (this.#pages.has(page)) continue;
      const since = before.get(page) ?? now;
      if (now - since >= STAY_MS) void this.#ask(page);
      else this.#missing.set(page, since);
    }
    if (again || this.#missing.size) this.#timer = window.setTimeout(this.#soon, STAY_MS);
  }

  #tile(index: number, total: number, rushing: boolean): void {
    const page = this.#pages.get(Math.floor(index / PAGE));
    const row = Array.isArray(page) ? page[index % PAGE] : undefined;
    let tile = this.#tiles.get(index);
    if (!tile) {
      tile = document.createElement('div');
      tile.className = 'picture-tile waiting';
      tile.setAttribute('role', 'listitem');
      tile.setAttribute('aria-setsize', String(total));
      tile.setAttribute('aria-posinset', String(index + 1));
      this.#put(tile, index);
      this.#tiles.set(index, tile);
      this.#host.append(tile);
    }
    if (!row || rushing || !tile.classList.contains('waiting')) {
      const button = tile.querySelector('button');
      if (button) button.tabIndex = index === this.#current ? 0 : -1;
      return;
    }
    const { src, caption, mark, wrong, draw } = this.#options.tile(row);
    tile.classList.remove('waiting');
    tile.classList.toggle('wrong', wrong !== undefined);
    tile.innerHTML =
      '<button type="button"><span class="picture-frame"><img alt="" decoding="async" draggable="false"></span><span class="picture-caption"></span></button>';
    const button = tile.firstElementChild as HTMLButtonElement;
    button.dataset.index = String(index);
    button.tabIndex = index === this.#current ? 0 : -1;
    button.title = caption;
    const image = button.querySelector('img') as HTMLImageElement;
    image.addEventListener('load', () => image.classList.add('there'));
    image.src = src;
    draw?.(button.firstElementChild as HTMLElement);
    (button.querySelector('.picture-caption') as HTMLElement).textContent = caption;
    if (wrong !== undefined) {
      button.firstElementChild?.insertAdjacentHTML('beforeend', icon('circle-x', 'picture-wrong'));
      const said = document.createElement('span');
      said.className = 'visually-hidden';
      said.textContent = wrong;
      button.append(said);
    }
    if (index === this.#awaited) {
      this.#awaited = null;
      const elsewhere = document.activeElement !== document.body && !this.#host.contains(document.activeElement);
      if (!elsewhere) button.focus({ preventScroll: true });
    }
    if (mark) {
      const corner = document.createElement('span');
      corner.className = 'picture-mark';
      corner.textContent = mark.text;
      corner.style.backgroundColor = mark.colour;
      corner.style.color = mark.ink;
      button.firstElementChild?.append(corner);
    }
  }

  readonly #key = (event: KeyboardEvent) => {
    const steps: Record<string, number> = {
      ArrowRight: 1,
      ArrowLeft: -1,
      ArrowDown: this.#columns,
      ArrowUp: -this.#columns,
      Home: -this.total,
      End: this.total,
    };
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    this.focus(this.#current + step);
  };

  readonly #click = (event: MouseEvent) => {
    const index = (event.target as Element).closest<HTMLElement>('[data-index]')?.dataset.index;
    if (index === undefined) return;
    this.#current = Number(index);
    this.#draw();
    this.#options.open(this.#current);
  };
}
