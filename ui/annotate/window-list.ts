/**
 * A list or grid of which only what is in sight is in the document: pictures of a task, shapes of a picture. Items are of one height; the host scrolls.
 *
 *     const list = new WindowList(host, { height: 80, draw: (element, index) => { … } });   list.count = 100_000;   list.show(index);   list.end();
 */
export interface WindowListOptions {
  /** Of an item, CSS pixels. */
  height: number;
  /** Least width of a column; without it there is one. */
  width?: number;
  className: string;
  /** Fills an element for a place; called again when the item has changed. */
  draw(element: HTMLElement, index: number): void;
}

const MARGIN = 4;

export class WindowList {
  readonly #host: HTMLElement;
  readonly #inner: HTMLElement;
  readonly #options: WindowListOptions;
  readonly #items = new Map<number, HTMLElement>();
  readonly #watch: ResizeObserver;
  /** Items that have changed, and the one to bring into sight: in the next frame, however often it is said. */
  readonly #changed = new Set<number>();
  #wanted = -1;
  #count = 0;
  #columns = 1;
  #frame = 0;

  constructor(host: HTMLElement, options: WindowListOptions) {
    this.#host = host;
    this.#options = options;
    this.#inner = document.createElement('div');
    this.#inner.className = 'window-list';
    this.#inner.setAttribute('role', 'list');
    host.append(this.#inner);
    host.addEventListener('scroll', this.#soon, { passive: true });
    this.#watch = new ResizeObserver(() => this.#measure());
    this.#watch.observe(host);
  }

  end(): void {
    cancelAnimationFrame(this.#frame);
    this.#watch.disconnect();
    this.#host.removeEventListener('scroll', this.#soon);
    this.#inner.remove();
  }

  get columns(): number {
    return this.#columns;
  }
  get count(): number {
    return this.#count;
  }
  set count(count: number) {
    this.#count = count;
    for (const [index, item] of this.#items) {
      if (index < count) item.setAttribute('aria-setsize', String(count));
      else {
        item.remove();
        this.#items.delete(index);
      }
    }
    this.#inner.style.height = this.#height();
    this.refresh();
  }

  /** Items have changed: those in sight are filled anew, where they stand. */
  refresh(index?: number): void {
    if (index !== undefined) this.#changed.add(index);
    else for (const at of this.#items.keys()) this.#changed.add(at);
    this.#soon();
  }

  /** Brings an item into sight. `now`: it is there when this returns. */
  show(index: number, now = false): void {
    this.#wanted = index;
    if (now) this.#draw();
    else this.#soon();
  }

  #height(): string {
    return `${Math.ceil(this.#count / this.#columns) * this.#options.height}px`;
  }

  #scroll(index: number): void {
    const top = Math.floor(index / this.#columns) * this.#options.height;
    const { scrollTop, clientHeight } = this.#host;
    if (top < scrollTop) this.#host.scrollTop = top;
    else if (top + this.#options.height > scrollTop + clientHeight) this.#host.scrollTop = top + this.#options.height - clientHeight;
  }

  item(index: number): HTMLElement | undefined {
    return this.#items.get(index);
  }

  readonly #soon = () => {
    if (!this.#frame) this.#frame = requestAnimationFrame(() => this.#draw());
  };

  #measure(): void {
    const width = this.#inner.clientWidth;
    this.#columns = this.#options.width ? Math.max(1, Math.floor(width / this.#options.width)) : 1;
    this.#inner.style.height = this.#height();
    for (const [index, item] of this.#items) this.#put(item, index);
    this.#draw();
  }

  #put(item: HTMLElement, index: number): void {
    const side = 100 / this.#columns;
    item.style.width = `${side}%`;
    item.style.left = `${(index % this.#columns) * side}%`;
    item.style.top = `${Math.floor(index / this.#columns) * this.#options.height}px`;
  }

  #draw(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    if (this.#wanted >= 0) this.#scroll(this.#wanted);
    this.#wanted = -1;
    for (const index of this.#changed) {
      const item = this.#items.get(index);
      if (item && index < this.#count) this.#options.draw(item, index);
    }
    this.#changed.clear();
    const { height } = this.#options;
    const { scrollTop, clientHeight } = this.#host;
    const from = Math.max(0, Math.floor(scrollTop / height) - MARGIN) * this.#columns;
    const to = Math.min(this.#count, (Math.ceil((scrollTop + clientHeight) / height) + MARGIN) * this.#columns);
    for (const [index, item] of this.#items) {
      if (index >= from && index < to) continue;
      // What has the focus stays, or the focus would be lost.
      if (index < this.#count && item.contains(document.activeElement)) continue;
      item.remove();
      this.#items.delete(index);
    }
    for (let index = from; index < to; index++) {
      if (this.#items.has(index)) continue;
      const item = document.createElement('div');
      item.className = this.#options.className;
      item.style.height = `${height}px`;
      item.setAttribute('role', 'listitem');
      item.setAttribute('aria-setsize', String(this.#count));
      item.setAttribute('aria-posinset', String(index + 1));
      this.#put(item, index);
      this.#options.draw(item, index);
      this.#items.set(index, item);
      this.#inner.append(item);
    }
  }
}
