/**
 * The one kind of table: search in a chosen field, period filter, a filter of the page's own, column sort, paging, selection; Back brings all of it again. `tableOf` is its state (a member of the
 * component), `tableView` its markup. Columns are written once and serve both:
 *
 *     const columns = columnsOf<Project>()([
 *       { key: 'name', title: 'home.project', value: (row) => row.name, cell: `<b x-text="row.name"></b>`, search: true },
 *       …
 *     ]);
 *     list: tableOf(columns, { name: 'projects', date: (row) => row.createdAt, sort: { key: 'createdAt', down: true } })
 *     …  this.list.set(rows)        // after loading and after each change
 */
import { remember, remembered } from '../history.ts';
import type { Key } from '../i18n/keys.ts';
import { t } from '../i18n/language.ts';
import { icon } from '../mount.ts';
import Alpine from '../vendor/alpine.js';

export interface Column<Row> {
  key: string;
  title: Key;
  /** What it sorts by. */
  value(row: Row): string | number | null;
  /** What a search reads, where that differs: the translated word of a state, say. */
  text?(row: Row): string;
  /** Markup of the cell; `row` is the record. Without it the value is shown as text. */
  cell?: string;
  search?: boolean;
  sort?: false;
  align?: 'end';
  /** Classes of the cells: 'narrow', 'grow', 'number'; 'from-700' … 'from-1000': shown where the table has so many pixels, so that none is cut. */
  className?: string;
  /** "?" beside the title. */
  hint?: Key;
}

export type Period = 'all' | 'day' | 'week' | 'month';
const PERIOD_DAYS: { [period in Exclude<Period, 'all'>]: number } = { day: 1, week: 7, month: 30 };

export interface TableOptions<Row> {
  /** Under which this browser remembers sort and page size. */
  name: string;
  /** Turns the period filter on. */
  date?(row: Row): string | null;
  sort?: { key: string; down: boolean };
  size?: number;
  /**
   * The page's own filter: does this row stay where `only` was chosen? The page's control changes `list.only` and calls `list.search()`. It counts as a filter: a
   * list that it leaves empty is not a list of nothing.
   */
  keep?(row: Row, only: string): boolean;
  /** What the page's filter begins with; '' lets every row stay. */
  only?: string;
}

export interface Table<Row> {
  state: 'loading' | 'ready' | 'failed';
  problem: unknown;
  /** All rows, those that the filters leave (sorted), and those of the open page. */
  rows: readonly Row[];
  found: readonly Row[];
  shown: readonly Row[];
  query: string;
  field: string;
  period: Period;
  only: string;
  sort: { key: string; down: boolean };
  page: number;
  pages: number;
  size: number;
  selected: number | null;
  set(rows: readonly Row[]): void;
  fail(problem: unknown): void;
  refresh(): void;
  search(): void;
  clear(): void;
  sortBy(key: string): void;
  sorted(key: string): 'ascending' | 'descending' | 'none';
  turn(by: number): void;
  select(id: number): void;
  selectedRow(): Row | null;
  range(): string;
}

export function columnsOf<Row extends { id: number }>() {
  return (columns: Column<Row>[]): Column<Row>[] => columns;
}

interface Kept {
  sort: { key: string; down: boolean };
  size: number;
}
function kept(name: string): Partial<Kept> {
  try {
    return JSON.parse(localStorage.getItem(`ai-studio.table.${name}`) ?? '{}') as Partial<Kept>;
  } catch {
    return {};
  }
}

/** What was looked for and which page was open: part of the place in the browser's history, so that Back and a reload bring it again. */
type Place = Pick<Table<unknown>, 'query' | 'field' | 'period' | 'only' | 'page'>;
interface TablePlaces {
  tables?: { [name: string]: Place };
}
function placeIn(name: string): Partial<Place> {
  return (remembered() as TablePlaces | null)?.tables?.[name] ?? {};
}
function keepPlace(name: string, { query, field, period, only, page }: Place): void {
  remember({ tables: { ...(remembered() as TablePlaces | null)?.tables, [name]: { query, field, period, only, page } } });
}

const order = new Intl.Collator('ko', { numeric: true, sensitivity: 'base' });
function compare(a: string | number | null, b: string | number | null): number {
  if (a === b) return 0;
  // What has no value comes last in both directions of reading: as the smallest.
  if (a === null) return -1;
  if (b === null) return 1;
  return typeof a === 'number' && typeof b === 'number' ? a - b : order.compare(String(a), String(b));
}

export function tableOf<Row extends { id: number }>(columns: Column<Row>[], options: TableOptions<Row>): Table<Row> {
  const stored = kept(options.name);
  const known = (key: string | undefined) => columns.some((column) => column.key === key);
  const text = (column: Column<Row>, row: Row) => (column.text ? column.text(row) : String(column.value(row) ?? '')).toLocaleLowerCase();
  // Reactive from the start, so that what a component does before Alpine has wrapped it is seen as well.
  const table: Table<Row> = Alpine.reactive<Table<Row>>({
    state: 'loading',
    problem: null,
    rows: [],
    found: [],
    shown: [],
    query: '',
    field: '',
    period: 'all',
    only: options.only ?? '',
    page: 1,
    ...placeIn(options.name),
    sort: stored.sort && known(stored.sort.key) ? stored.sort : (options.sort ?? { key: columns[0]?.key ?? '', down: false }),
    pages: 1,
    size: stored.size ?? options.size ?? 25,
    selected: null,
    set(rows) {
      this.state = 'ready';
      this.rows = Object.freeze([...rows]);
      if (this.selected !== null && !rows.some((row) => row.id === this.selected)) this.selected = null;
      this.refresh();
    },
    fail(problem) {
      this.problem = problem;
      this.state = 'failed';
    },
    refresh() {
      const words = this.query.trim().toLocaleLowerCase();
      const searched = columns.filter((column) => column.search && (!this.field || this.field === column.key));
      const since = this.period === 'all' ? 0 : Date.now() - PERIOD_DAYS[this.period] * 86400_000;
      const left = this.rows.filter((row) => {
        if (this.only && !options.keep?.(row, this.only)) return false;
        if (words && !searched.some((column) => text(column, row).includes(words))) return false;
        return !since || Date.parse(options.date?.(row) ?? '') >= since;
      });
      const by = columns.find((column) => column.key === this.sort.key);
      if (by) {
        const sign = this.sort.down ? -1 : 1;
        left.sort((a, b) => sign * compare(by.value(a), by.value(b)) || b.id - a.id);
      }
      this.found = Object.freeze(left);
      this.pages = Math.max(1, Math.ceil(left.length / this.size));
      this.page = Math.min(this.page, this.pages);
      this.shown = Object.freeze(left.slice((this.page - 1) * this.size, this.page * this.size));
      localStorage.setItem(`ai-studio.table.${options.name}`, JSON.stringify({ sort: this.sort, size: this.size }));
    },
    search() {
      this.page = 1;
      this.size = Number(this.size);
      this.refresh();
      keepPlace(options.name, this);
    },
    clear() {
      this.query = '';
      this.period = 'all';
      this.only = '';
      this.search();
    },
    sortBy(key) {
      this.sort = { key, down: this.sort.key === key ? !this.sort.down : false };
      this.page = 1;
      this.refresh();
      keepPlace(options.name, this);
    },
    sorted(key) {
      return this.sort.key !== key ? 'none' : this.sort.down ? 'descending' : 'ascending';
    },
    turn(by) {
      this.page = Math.max(1, Math.min(this.pages, this.page + by));
      this.refresh();
      keepPlace(options.name, this);
    },
    select(id) {
      this.selected = this.selected === id ? null : id;
    },
    selectedRow() {
      return this.rows.find((row) => row.id === this.selected) ?? null;
    },
    range() {
      const from = (this.page - 1) * this.size;
      return t('table.range', { from: this.found.length ? from + 1 : 0, to: from + this.shown.length, total: this.found.length });
    },
  }) as Table<Row>;
  return table;
}

export interface TableViewOptions {
  /** Name of the member of the component that holds the table: 'list'. */
  state: string;
  caption: Key;
  /** What stands where there are no rows at all (see emptyState). */
  empty: string;
  /** Expression of the More button: 'menu($el, row)'. */
  menu?: string;
  /** Expression that gives the row's name, for the labels of its buttons. */
  rowName: string;
  /** One row can be chosen (a radio button at its start). */
  selectable?: boolean;
  /** Expression that runs at a double click or Enter on a row. */
  open?: string;
  /** Buttons at the right of the filters. */
  tools?: string;
  /** Controls of the page's own filter (see TableOptions.keep), before the period filter. */
  filters?: string;
  period?: boolean;
}

export function tableView<Row>(columns: Column<Row>[], of: TableViewOptions): string {
  const s = of.state;
  const searchable = columns.filter((column) => column.search);
  const wide = columns.length + (of.selectable ? 1 : 0) + (of.menu ? 1 : 0);
  const head = columns
    .map((column) => {
      const hint = column.hint ? `<button type="button" x-hint="${column.hint}"></button>` : '';
      const title =
        column.sort === false
          ? `<span x-t="${column.title}"></span>`
          : `<button type="button" class="sort" @click="${s}.sortBy('${column.key}')"><span x-t="${column.title}"></span><span class="sort-mark" x-icon="${s}.sorted('${column.key}') === 'none' ? 'chevrons-up-down' : ${s}.sorted('${column.key}') === 'descending' ? 'chevron-down' : 'chevron-up'"></span></button>`;
      return `<th scope="col" class="${column.className ?? ''} ${column.align ?? ''}" ${column.sort === false ? '' : `:aria-sort="${s}.sorted('${column.key}')"`}><span class="th">${title}${hint}</span></th>`;
    })
    .join('');
  const cells = columns
    .map((column) => `<td class="${column.className ?? ''} ${column.align ?? ''}">${column.cell ?? `<span x-text="row.${column.key}"></span>`}</td>`)
    .join('');
  const choose = of.selectable
    ? `<td class="choose" @click.stop><label class="hit"><input type="radio" :checked="${s}.selected === row.id" @click="${s}.select(row.id)" :aria-label="$t('table.select', { name: ${of.rowName} })"></label></td>`
    : '';
  const more = of.menu
    ? `<td class="more"><button type="button" class="icon-button" aria-haspopup="menu" aria-expanded="false" @click.stop="${of.menu}" @dblclick.stop="" :aria-label="$t('table.more', { name: ${of.rowName} })">${icon('ellipsis-vertical')}</button></td>`
    : '';
  const rowEvents = `${of.selectable ? `@click="${s}.select(row.id)" :class="{ selected: ${s}.selected === row.id }" class="clickable"` : ''} ${of.open ? `@dblclick="${of.open}"` : ''}`;
  const skeleton = `<tr class="skeleton" aria-hidden="true">${'<td><span></span></td>'.repeat(wide)}</tr>`.repeat(5);
  return `<section class="table-box">
  <div class="table-tools">
    ${
      searchable.length
        ? `<div class="search" role="search">
      ${searchable.length > 1 ? `<select x-model="${s}.field" @change="${s}.search()" x-t:aria-label="table.field"><option value="" x-t="table.everywhere"></option>${searchable.map((column) => `<option value="${column.key}" x-t="${column.title}"></option>`).join('')}</select>` : ''}
      <span class="search-input">${icon('search')}<input type="search" data-search x-model="${s}.query" @input.debounce.150ms="${s}.search()" x-t:placeholder="table.search" x-t:aria-label="table.search"></span></div>`
        : ''
    }
    ${of.filters ?? ''}
    ${
      of.period
        ? `<span class="tool-group"><span class="tool-label" x-t="table.period"></span><div class="segmented" role="radiogroup" x-t:aria-label="table.period">${(
            ['all', 'day', 'week', 'month'] as const
          )
            .map(
              (period) =>
                `<label><input type="radio" name="${s}-period" value="${period}" x-model="${s}.period" @change="${s}.search()"><span x-t="table.period.${period}"></span></label>`,
            )
            .join('')}</div></span>`
        : ''
    }
    <span class="spacer"></span>${of.tools ?? ''}
  </div>
  <div class="table-scroll" tabindex="0" role="region" x-t:aria-label="${of.caption}">
    <table class="table" :aria-busy="${s}.state === 'loading'">
      <caption class="visually-hidden" x-t="${of.caption}"></caption>
      <thead><tr>${of.selectable ? '<th scope="col" class="choose"><span class="visually-hidden" x-t="table.choose"></span></th>' : ''}${head}${of.menu ? '<th scope="col" class="more"><span class="visually-hidden" x-t="table.actions"></span></th>' : ''}</tr></thead>
      <tbody x-show="${s}.state === 'loading'">${skeleton}</tbody>
      <tbody x-show="${s}.state === 'ready'"><template x-for="row in ${s}.shown" :key="row.id"><tr ${rowEvents}>${choose}${cells}${more}</tr></template></tbody>
    </table>
    <div class="table-message" x-show="${s}.state === 'ready' && !${s}.rows.length">${of.empty}</div>
    <div class="table-message" x-show="${s}.state === 'ready' && ${s}.rows.length && !${s}.found.length"><p x-t="table.nothing"></p><button type="button" class="button" @click="${s}.clear()" x-t="table.clear"></button></div>
    <div class="table-message" x-show="${s}.state === 'failed'"><div x-problem="${s}.problem"></div></div>
  </div>
  <div class="table-foot" x-show="${s}.state === 'ready' && ${s}.rows.length">
    <span x-text="${s}.range()" aria-live="polite"></span><span class="spacer"></span>
    <label><span x-t="table.size"></span><select x-model.number="${s}.size" @change="${s}.search()"><option>10</option><option>25</option><option>50</option><option>100</option></select></label>
    <button type="button" class="icon-button" @click="${s}.turn(-1)" :disabled="${s}.page <= 1" x-t:aria-label="table.previous">${icon('chevron-left')}</button>
    <span class="page-number" x-text="$t('table.page', { page: ${s}.page, pages: ${s}.pages })"></span>
    <button type="button" class="icon-button" @click="${s}.turn(1)" :disabled="${s}.page >= ${s}.pages" x-t:aria-label="table.next">${icon('chevron-right')}</button>
  </div></section>`;
}

/** What is cut for want of room tells its whole text to a resting pointer. */
export function registerTables(): void {
  document.addEventListener('pointerover', (event) => {
    const cell = (event.target as Element).closest<HTMLElement>('td, .cut, .list-line b');
    if (!cell || cell.querySelector('button, input')) return;
    if (cell.scrollWidth > cell.clientWidth) cell.title = cell.textContent?.trim() ?? '';
    else if (cell.title && cell.matches('td')) cell.removeAttribute('title');
  });
}

/** What belongs here, and the next step. `buttons` is markup. */
export function emptyState(of: { icon: string; title: Key; text: Key; buttons?: string }): string {
  return `<div class="empty">${icon(of.icon, 'empty-icon')}<h2 x-t="${of.title}"></h2><p x-t="${of.text}"></p>${of.buttons ? `<div class="empty-buttons">${of.buttons}</div>` : ''}</div>`;
}
