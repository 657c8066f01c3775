/** A table dataset from inside: rows, statistics of the columns, how the columns go together, what became of the file. Part of the dataset's page. */
import type { Dataset } from '../../server/http/schemas.ts';
import type { Associations, Cell, ColumnStatistics, RowPage, StatisticsPage, TableColumn, TableDetails } from '../../server/http/table-schemas.ts';
import { api, wasAborted } from '../api.ts';
import { type AssociationCell, associationRows, associationsView, associationTone } from '../charts/associations.ts';
import { type Bin, bins, binsView } from '../charts/bins.ts';
import { emptyState } from '../components/table.ts';
import { tabPanel, tabs } from '../components/tabs.ts';
import '../i18n/areas/tables.ts';
import * as format from '../i18n/format.ts';
import { language, t } from '../i18n/language.ts';
import { component, element, icon } from '../mount.ts';

const ROWS = 50;
const COLUMNS = 20;
const CARDS = 12;
const REPORTED = 200;
const DAY_MS = 86_400_000;

const rowsTab = `<section class="table-box">
    <div class="table-tools"><select x-model="column" @change="search()" x-t:aria-label="tables.rows.column"><option value="" x-t="tables.rows.everywhere"></option><template x-for="(one, index) in columns()" :key="one.name"><option :value="index" x-text="one.name"></option></template></select>
      <span class="search-input">${icon('search')}<input type="search" data-search x-model="query" @input.debounce.300ms="search()" x-t:placeholder="tables.rows.search" x-t:aria-label="tables.rows.search"></span>
      <label class="check" x-show="hasMissing()"><input type="checkbox" x-model="missing" @change="search()"><span x-t="tables.rows.missing"></span></label>
      <span class="spacer"></span>
      <span class="pager" x-show="columns().length > ${COLUMNS}"><span class="muted" x-text="columnRange()"></span>
        <button type="button" class="icon-button" @click="turnColumns(-1)" :disabled="!from" x-t:aria-label="tables.columns.previous">${icon('chevron-left')}</button>
        <button type="button" class="icon-button" @click="turnColumns(1)" :disabled="lastColumns()" x-t:aria-label="tables.columns.next">${icon('chevron-right')}</button></span></div>
    <div x-problem="rowsProblem"></div>
    <div class="table-scroll data-rows" tabindex="0" role="region" x-t:aria-label="tables.rows.list"><table class="table" :aria-busy="loading ? 'true' : 'false'"><thead><tr><th scope="col" class="narrow end" x-t="tables.rowNumber"></th>
      <template x-for="(one, at) in shownColumns()" :key="one.name"><th scope="col" :class="{ end: numeric(one) }" :aria-sort="sorted(from + at)"><button type="button" class="sort head-sort" @click="sortBy(from + at)"><span class="head-name" data-verbatim x-text="one.name" :title="one.name"></span><span class="sort-mark" x-icon="sortMark(from + at)"></span></button><small class="column-type" x-text="$t('tables.type.' + one.type)"></small></th></template></tr></thead>
      <tbody><template x-for="row in rows" :key="row.n"><tr><th scope="row" class="narrow end row-number" x-text="$f.count(row.n + 1)"></th><template x-for="(cell, at) in row.cells" :key="at"><td data-verbatim :class="{ end: cell.end, missing: cell.missing }" x-text="cell.missing ? $t('tables.cell.missing') : cell.text"></td></template></tr></template></tbody></table></div>
    <p class="table-message" x-show="!loading && !rows.length && !rowsProblem" x-t="tables.rows.none"></p>
    <div class="table-foot"><span aria-live="polite" x-text="rowRange()"></span><span class="spacer"></span>
      <button type="button" class="icon-button" @click="turn(-1)" :disabled="!offset" x-t:aria-label="tables.rows.previous">${icon('chevron-left')}</button>
      <button type="button" class="icon-button" @click="turn(1)" :disabled="lastRows()" x-t:aria-label="tables.rows.next">${icon('chevron-right')}</button></div></section>`;

const statisticsTab = `<div class="stack"><div class="browse-tools"><span class="search-input">${icon('search')}<input type="search" x-model="wanted" @input.debounce.250ms="loadCards(0)" x-t:placeholder="tables.statistics.search" x-t:aria-label="tables.statistics.search"></span>
      <span class="spacer"></span><span class="pager" x-show="cardTotal > ${CARDS}"><span class="muted" x-text="cardRange()"></span>
        <button type="button" class="icon-button" @click="loadCards(cardFrom - ${CARDS})" :disabled="!cardFrom" x-t:aria-label="tables.columns.previous">${icon('chevron-left')}</button>
        <button type="button" class="icon-button" @click="loadCards(cardFrom + ${CARDS})" :disabled="lastCards()" x-t:aria-label="tables.columns.next">${icon('chevron-right')}</button></span></div>
    <div x-problem="cardsProblem"></div>
    <p class="table-message" x-show="cards && !cards.length" x-t="tables.statistics.none"></p>
    <div class="column-cards"><template x-for="card in shownCards()" :key="card.name"><section class="box column-card"><div class="box-head"><h3 class="cut" data-verbatim x-text="card.name" :title="card.name"></h3><span class="chip plain grey" x-text="$t('tables.type.' + card.type)"></span></div>
      <div class="box-body stack"><div x-show="card.bins.length">${binsView('card.bins', `$t('tables.statistics.distribution')`)}<p class="bin-ends"><span x-text="card.low"></span><span x-text="card.high"></span></p></div>
        <ul class="top-values" x-show="card.top.length" data-verbatim><template x-for="one in card.top" :key="one.value"><li><span class="top-name" x-text="one.value" :title="one.value"></span><span class="class-count" x-text="$f.count(one.count)"></span><span class="class-track" aria-hidden="true"><span :style="{ width: (one.share * 100) + '%' }"></span></span></li></template></ul>
        <p class="muted" x-show="card.others" x-text="$t('tables.stat.others', { n: card.others })"></p>
        <p class="muted" x-show="card.empty" x-t="tables.statistics.noValues"></p>
        <dl class="stats"><template x-for="fact in card.facts" :key="fact.key"><div :class="{ some: fact.warn }"><dt x-text="$t(fact.key)"></dt><dd x-text="fact.value"></dd></div></template></dl></div></section></template></div></div>`;

const associationsTab = `<section class="box"><div class="box-body stack"><p class="muted" x-t="tables.associations.note"></p><p class="muted" x-show="matrixNote()" x-text="matrixNote()"></p>
    <div x-problem="matrixProblem"></div>
    <p class="table-message" x-show="matrix && shownMatrix().length < 2" x-t="tables.associations.none"></p>
    <div x-show="shownMatrix().length > 1">${associationsView({ rows: 'shownMatrix()', tone: 'tone', label: 'tables.tab.associations' })}</div></div></section>`;

const figure = (key: string, value: string, tone: string) => `<div class="figure ${tone}"><dt x-t="${key}"></dt><dd x-text="$f.count(${value})"></dd></div>`;
const list = (title: string, rows: string) =>
  `<section x-show="${rows}.length"><h3 x-t="${title}"></h3><p class="row-list" x-text="rowList(${rows})"></p></section>`;
const reportTab = `<section class="box"><div class="box-body"><template x-if="details && details.report"><div class="stack">
    <dl class="figures">${figure('tables.report.rows', 'details.report.rows', 'good')}${figure('tables.report.padded', 'details.report.padded.count', '')}${figure('tables.report.leftOut', 'details.report.leftOut.count', 'bad')}${figure('tables.report.unreadable', 'unreadable()', 'bad')}${figure('tables.report.renamed', 'details.report.renamed.length', '')}${figure('tables.report.formulas', 'details.report.formulasWithoutValue', '')}</dl>
    <p class="notice" x-show="fine()">${icon('circle-check')}<span x-t="tables.report.fine"></span></p>
    ${list('tables.report.leftOut', 'details.report.leftOut.rows')}${list('tables.report.padded', 'details.report.padded.rows')}
    <section x-show="details.report.unreadable.length"><h3 x-t="tables.report.unreadable"></h3><div class="report-scroll" tabindex="0" role="region" x-t:aria-label="tables.report.unreadable"><table class="table"><thead><tr><th scope="col" x-t="tables.column"></th><th scope="col" class="end" x-t="tables.stat.count"></th><th scope="col" x-t="tables.examples"></th><th scope="col" x-t="tables.report.rowNumbers"></th></tr></thead>
      <tbody data-verbatim><template x-for="one in details.report.unreadable" :key="one.column"><tr><td x-text="one.column"></td><td class="end number" x-text="$f.count(one.count)"></td><td x-text="one.examples.join(' · ')"></td><td x-text="rowList(one.rows)"></td></tr></template></tbody></table></div></section>
    <section x-show="details.report.renamed.length"><h3 x-t="tables.report.renamed"></h3><div class="report-scroll" tabindex="0" role="region" x-t:aria-label="tables.report.renamed"><table class="table"><thead><tr><th scope="col" class="end" x-t="tables.column"></th><th scope="col" x-t="tables.report.from"></th><th scope="col" x-t="tables.report.to"></th></tr></thead>
      <tbody data-verbatim><template x-for="one in details.report.renamed" :key="one.column"><tr><td class="end number" x-text="one.column"></td><td x-text="one.from || $t('tables.report.empty')"></td><td x-text="one.to"></td></tr></template></tbody></table></div></section>
  </div></template><div x-show="details && !details.report">${emptyState({ icon: 'table-2', title: 'tables.tab.report', text: 'tables.report.none' })}</div></div></section>`;

interface ShownCell {
  text: string;
  end: boolean;
  missing: boolean;
}
interface Fact {
  key: string;
  value: string;
  warn?: boolean;
}
interface Card {
  name: string;
  type: string;
  bins: Bin[];
  low: string;
  high: string;
  top: { value: string; count: number; share: number }[];
  others: number;
  empty: boolean;
  facts: Fact[];
}

/** A number of a table: as exact as it is useful. */
function number(value: number): string {
  if (value !== 0 && (Math.abs(value) >= 1e9 || Math.abs(value) < 1e-4)) return value.toExponential(4);
  return value.toLocaleString(language.now, { maximumSignificantDigits: 6 });
}

function cardOf(of: ColumnStatistics): Card {
  const date = of.type === 'date';
  const { numbers } = of;
  // Between days without a time of day, a quartile's time is of no interest.
  const days = numbers !== null && numbers.min % DAY_MS === 0 && numbers.max % DAY_MS === 0;
  const say = (value: number) => (date ? dateText(days ? Math.round(value / DAY_MS) * DAY_MS : value) : number(value));
  const known = of.count - of.missing;
  const facts: Fact[] = [
    { key: 'tables.stat.count', value: format.count(known) },
    {
      key: 'tables.missingCount',
      value: `${format.count(of.missing)}${of.missing ? ` (${format.percent((of.missing / of.count) * 100)})` : ''}`,
      warn: of.missing > 0,
    },
    { key: 'tables.distinct', value: format.count(of.distinct) },
  ];
  if (numbers) {
    facts.push({ key: 'tables.stat.min', value: say(numbers.min) });
    if (!date)
      facts.push({ key: 'tables.stat.mean', value: say(numbers.mean) }, { key: 'tables.stat.std', value: numbers.std === null ? '–' : number(numbers.std) });
    facts.push(
      { key: 'tables.stat.q1', value: say(numbers.quartiles[0]) },
      { key: 'tables.stat.median', value: say(numbers.quartiles[1]) },
      { key: 'tables.stat.q3', value: say(numbers.quartiles[2]) },
      { key: 'tables.stat.max', value: say(numbers.max) },
    );
  }
  const shown = of.top.slice(0, 8);
  const most = Math.max(1, ...shown.map(({ count }) => count));
  return {
    name: of.name,
    type: of.type,
    bins: numbers
      ? bins(numbers.histogram.counts, (i) =>
          t('tables.statistics.bin', {
            from: say(numbers.histogram.edges[i] ?? 0),
            to: say(numbers.histogram.edges[i + 1] ?? 0),
            n: format.count(numbers.histogram.counts[i] ?? 0),
          }),
        )
      : [],
    low: numbers ? say(numbers.min) : '',
    high: numbers ? say(numbers.max) : '',
    top: shown.map(({ value, count }) => ({ value, count, share: count / most })),
    others: of.top.length ? known - shown.reduce((sum, { count }) => sum + count, 0) : 0,
    empty: known === 0,
    facts,
  };
}

function dateText(time: number): string {
  const text = new Date(time).toISOString();
  return time % DAY_MS === 0 ? text.slice(0, 10) : `${text.slice(0, 10)} ${text.slice(11, 19)}`;
}

export function tableDetails(dataset: Dataset, signal: AbortSignal): HTMLElement {
  const address = `/api/datasets/${dataset.id}/table`;
  return element(
    'div',
    'table-details',
    `<div x-problem="problem"></div>${tabs({
      label: 'tables.tabs',
      prefix: 'table',
      current: 'tab',
      tabs: [
        { key: 'rows', text: 'tables.tab.rows', count: '$f.count(size())' },
        { key: 'statistics', text: 'tables.tab.statistics' },
        { key: 'associations', text: 'tables.tab.associations' },
        { key: 'report', text: 'tables.tab.report' },
      ],
    })}
    ${tabPanel({ prefix: 'table', key: 'rows', current: 'tab', content: rowsTab })}
    ${tabPanel({ prefix: 'table', key: 'statistics', current: 'tab', content: statisticsTab })}
    ${tabPanel({ prefix: 'table', key: 'associations', current: 'tab', content: associationsTab })}
    ${tabPanel({ prefix: 'table', key: 'report', current: 'tab', content: reportTab })}`,
    component({
      tab: 'rows',
      details: null as TableDetails | null,
      problem: null as unknown,
      // ---- rows
      rows: [] as { n: number; cells: ShownCell[] }[],
      total: 0,
      offset: 0,
      from: 0,
      query: '',
      column: '',
      missing: false,
      /** Index of the column that the rows are sorted by; null: as they stand in the file. */
      sort: null as number | null,
      down: false,
      loading: true,
      rowsProblem: null as unknown,
      round: 0,
      // ---- statistics
      cards: null as ColumnStatistics[] | null,
      cardFrom: 0,
      cardTotal: 0,
      wanted: '',
      cardsProblem: null as unknown,
      // ---- associations
      matrix: null as Associations | null,
      matrixProblem: null as unknown,
      async init() {
        this.$watch('tab', (tab: string) => {
          if (tab === 'statistics' && !this.cards) void this.loadCards(0);
          if (tab === 'associations' && !this.matrix) void this.loadMatrix();
        });
        try {
          this.details = Object.freeze(await api.get<TableDetails>(address, undefined, signal));
          await this.loadRows();
        } catch (error) {
          if (!wasAborted(error)) this.problem = error;
        }
      },
      size: () => dataset.count,
      columns(): readonly TableColumn[] {
        return this.details?.columns ?? [];
      },
      shownColumns() {
        return this.columns().slice(this.from, this.from + COLUMNS);
      },
      numeric: ({ type }: { type: string }) => type === 'integer' || type === 'real',
      hasMissing() {
        return this.columns().some(({ missing }) => missing > 0);
      },
      sorted(column: number) {
        return this.sort !== column ? 'none' : this.down ? 'descending' : 'ascending';
      },
      sortMark(column: number) {
        return this.sort !== column ? 'chevrons-up-down' : this.down ? 'chevron-down' : 'chevron-up';
      },
      /** Upwards, downwards, and as in the file again. */
      sortBy(column: number) {
        const other = this.sort !== column;
        this.sort = other || !this.down ? column : null;
        this.down = !other && !this.down;
        this.search();
      },
      search() {
        this.offset = 0;
        void this.loadRows();
      },
      async loadRows() {
        const round = ++this.round;
        this.loading = true;
        const search = this.query.trim();
        const query = {
          offset: this.offset,
          limit: ROWS,
          from: this.from,
          columns: COLUMNS,
          search,
          column: this.column,
          missing: this.missing || undefined,
          ...(this.sort === null ? {} : { sort: this.sort, order: this.down ? 'desc' : 'asc' }),
        };
        try {
          const page = await api.get<RowPage>(`${address}/rows`, query, signal);
          if (round !== this.round) return;
          const shown = this.shownColumns();
          this.rows = page.rows.map(({ n, cells }) => ({ n, cells: cells.map((cell, at) => this.cell(cell, shown[at])) }));
          this.total = page.total;
          this.rowsProblem = null;
        } catch (error) {
          if (round === this.round && !wasAborted(error)) this.rowsProblem = error;
        } finally {
          if (round === this.round) this.loading = false;
        }
      },
      cell(cell: Cell, column: TableColumn | undefined): ShownCell {
        const end = column !== undefined && this.numeric(column);
        // As it stands in the file: rounding is for statistics.
        return { text: cell === null ? '' : String(cell), end, missing: cell === null };
      },
      rowRange() {
        return t('tables.rows.range', {
          from: format.count(this.total ? this.offset + 1 : 0),
          to: format.count(Math.min(this.total, this.offset + ROWS)),
          total: format.count(this.total),
        });
      },
      lastRows() {
        return this.offset + ROWS >= this.total;
      },
      turn(by: number) {
        this.offset = Math.max(0, this.offset + by * ROWS);
        void this.loadRows();
      },
      columnRange() {
        return t('tables.columns.range', { from: this.from + 1, to: Math.min(this.columns().length, this.from + COLUMNS), total: this.columns().length });
      },
      lastColumns() {
        return this.from + COLUMNS >= this.columns().length;
      },
      turnColumns(by: number) {
        this.from = Math.max(0, this.from + by * COLUMNS);
        void this.loadRows();
      },
      async loadCards(from: number) {
        try {
          const page = await api.get<StatisticsPage>(`${address}/statistics`, { offset: Math.max(0, from), limit: CARDS, search: this.wanted.trim() }, signal);
          this.cardFrom = Math.max(0, from);
          this.cardTotal = page.total;
          this.cards = Object.freeze(page.columns) as ColumnStatistics[];
          this.cardsProblem = null;
        } catch (error) {
          if (!wasAborted(error)) this.cardsProblem = error;
        }
      },
      shownCards() {
        return (this.cards ?? []).map(cardOf);
      },
      cardRange() {
        return t('tables.columns.range', { from: this.cardFrom + 1, to: Math.min(this.cardTotal, this.cardFrom + CARDS), total: this.cardTotal });
      },
      lastCards() {
        return this.cardFrom + CARDS >= this.cardTotal;
      },
      async loadMatrix() {
        try {
          this.matrix = Object.freeze(await api.get<Associations>(`${address}/associations`, undefined, signal));
        } catch (error) {
          if (!wasAborted(error)) this.matrixProblem = error;
        }
      },
      shownMatrix() {
        return this.matrix ? associationRows(this.matrix) : [];
      },
      tone: (cell: AssociationCell) => associationTone(cell),
      matrixNote() {
        const of = this.matrix;
        if (!of) return '';
        const parts: string[] = [];
        if (of.rows < of.of) parts.push(t('tables.associations.sampled', { n: format.count(of.rows), of: format.count(of.of) }));
        if (of.left) parts.push(t('tables.associations.left', { n: of.left }));
        return parts.join(' ');
      },
      unreadable() {
        return this.details?.report?.unreadable.reduce((sum, { count }) => sum + count, 0) ?? 0;
      },
      fine() {
        const of = this.details?.report;
        return Boolean(of && !of.padded.count && !of.leftOut.count && !of.unreadable.length && !of.renamed.length && !of.formulasWithoutValue);
      },
      rowList(rows: number[]) {
        const text = rows.slice(0, REPORTED).map(format.count).join(', ');
        return rows.length > REPORTED ? `${text} … (${t('tables.report.first', { n: REPORTED })})` : text;
      },
    }),
  );
}
