/** The trial list of a search, and its pictures: markup and the state of both. */
import type { Hpo, HpoPictures, TrialRow } from '../../server/http/training-schemas.ts';
import { historyPicture, importancePicture, type PictureOptions, parallelPicture, slicePicture } from '../charts/search.ts';
import { shownValue } from '../charts/value.ts';
import { statusWord } from '../components/status.ts';
import { tabs } from '../components/tabs.ts';
import { decimal } from '../i18n/format.ts';
import { t } from '../i18n/language.ts';
import { component, icon } from '../mount.ts';
import { parameterText } from './parameters.ts';

interface TrialColumn {
  key: string;
  title: string;
  value(row: TrialRow): string | number | null;
  text(row: TrialRow): string;
}

const digits = (metric: string) => (metric.endsWith('accuracy') ? 2 : 4);
export const metricText = (metric: string, value: number | null | undefined) => (value == null ? '–' : decimal(value, digits(metric)));

export function trialList() {
  return component({
    hpo: null as Hpo | null,
    sort: { key: 'trial', down: false },
    selected: null as number | null,

    set(hpo: Hpo) {
      this.hpo = Object.freeze(hpo);
    },
    columns(): TrialColumn[] {
      const { hpo } = this;
      if (!hpo) return [];
      const { config } = hpo;
      const { metric } = config.objective;
      const searched = Object.keys(config.search);
      return [
        { key: 'value', title: metric, value: (row) => row.value, text: (row) => metricText(metric, row.value) },
        ...config.additionalMetrics.map((name) => ({
          key: `metric.${name}`,
          title: name,
          value: (row: TrialRow) => row.metrics[name] ?? null,
          text: (row: TrialRow) => metricText(name, row.metrics[name]),
        })),
        ...searched.map((name) => ({
          key: `parameter.${name}`,
          title: name,
          value: (row: TrialRow) => {
            const value = row.parameters[name];
            return typeof value === 'boolean' ? Number(value) : (value ?? null);
          },
          text: (row: TrialRow) => {
            const value = row.parameters[name];
            if (value === undefined) return '–';
            return typeof value === 'number' ? shownValue(value) : parameterText(name, value);
          },
        })),
        { key: 'epoch', title: t('hpo.trial.epoch'), value: (row) => row.epoch, text: (row) => `${row.epoch} / ${row.epochs}` },
      ];
    },
    cells(row: TrialRow) {
      return this.columns().map((column) => ({ key: column.key, text: column.text(row) }));
    },
    rows(): readonly TrialRow[] {
      const rows = [...(this.hpo?.trials ?? [])];
      const { key, down } = this.sort;
      const own: Record<string, (row: TrialRow) => string | number | null> = { trial: (row) => row.trial, state: (row) => statusWord(row.state) };
      const value = own[key] ?? this.columns().find((column) => column.key === key)?.value;
      if (!value) return rows;
      return rows.sort((a, b) => {
        const [x, y] = [value(a), value(b)];
        if (x === y) return a.trial - b.trial;
        if (x === null) return 1;
        if (y === null) return -1;
        const order = typeof x === 'number' && typeof y === 'number' ? x - y : String(x).localeCompare(String(y));
        return down ? -order : order;
      });
    },
    sortBy(key: string) {
      this.sort = { key, down: this.sort.key === key ? !this.sort.down : key === 'value' && this.hpo?.config.objective.type === 'maximize' };
    },
    ariaSort(key: string) {
      return this.sort.key !== key ? 'none' : this.sort.down ? 'descending' : 'ascending';
    },
    sortIcon(key: string) {
      return this.sort.key !== key ? 'chevrons-up-down' : this.sort.down ? 'chevron-down' : 'chevron-up';
    },
    count() {
      return this.hpo ? `${this.hpo.trials.length}/${this.hpo.config.settings.maxTrialCount}` : '';
    },
    /** The best that can be submitted is chosen until the person chooses. */
    choice(): TrialRow | null {
      const { hpo } = this;
      if (!hpo) return null;
      if (this.selected !== null) return hpo.trials[this.selected] ?? null;
      const best = hpo.best === null ? undefined : hpo.trials[hpo.best];
      return best?.canSubmit ? best : null;
    },
    isChosen(trial: number) {
      return this.choice()?.trial === trial;
    },
    choose(trial: number) {
      this.selected = trial;
    },
    isBest(trial: number) {
      return this.hpo?.best === trial;
    },
  });
}

const head = (key: string, title: string, className = '') =>
  `<th scope="col" class="${className}" :aria-sort="list.ariaSort(${key})"><span class="th"><button type="button" class="sort" @click="list.sortBy(${key})"><span ${title}></span><span class="sort-mark" x-icon="list.sortIcon(${key})"></span></button></span></th>`;

/** The component has `list` (trialList()), active(), details(n). */
export const trialTable = `<section class="table-box"><div class="box-head"><h2 x-t="hpo.trials"></h2><span class="muted" x-show="active()" x-t="hpo.trials.note"></span><span class="spacer"></span><b class="tabular trial-count" x-text="list.count()"></b></div>
  <div class="table-scroll" tabindex="0" role="region" x-t:aria-label="hpo.trials"><table class="table trial-table"><thead><tr><th scope="col" class="choose" x-show="active()"><span class="visually-hidden" x-t="table.choose"></span></th>${head("'trial'", 'x-t="hpo.trial.name"', 'grow')}${head("'state'", 'x-t="hpo.trial.status"')}
    <template x-for="column in list.columns()" :key="column.key">${head('column.key', 'x-text="column.title" data-verbatim', 'end')}</template><th scope="col" class="more" x-t="hpo.trial.details"></th></tr></thead>
    <tbody><template x-for="row in list.rows()" :key="row.trial"><tr :class="{ selected: active() && list.isChosen(row.trial), clickable: active() }" @click="list.choose(row.trial)">
      <td class="choose" x-show="active()"><label class="hit"><input type="radio" name="trial" :checked="list.isChosen(row.trial)" @change="list.choose(row.trial)" :aria-label="$t('hpo.trial.choose', { name: row.name })"></label></td>
      <td class="grow"><div class="trial-name"><span x-text="row.name" data-verbatim></span> <span class="best-mark" x-show="list.isBest(row.trial) && !row.submitted" x-t:title="hpo.trial.best">${icon('trophy')}<span class="visually-hidden" x-t="hpo.trial.best"></span></span> <span class="chip plain violet" x-show="row.submitted">${icon('badge-check')}<span x-t="hpo.trial.submitted"></span></span></div></td>
      <td><span x-status="row.state"></span></td>
      <template x-for="cell in list.cells(row)" :key="cell.key"><td class="end number" x-text="cell.text"></td></template>
      <td class="more"><button type="button" class="button small" @click.stop="details(row.trial)" :aria-label="$t('hpo.trial.details') + ': ' + row.name"><span x-t="hpo.trial.details"></span></button></td></tr></template></tbody></table>
    <p class="table-message" x-show="list.hpo && !list.hpo.trials.length" x-t="hpo.trials.none"></p></div></section>`;

export type PictureTab = 'history' | 'parallel' | 'importance' | 'slices';

export function pictureMarkup(tab: PictureTab, pictures: HpoPictures, of: PictureOptions): string {
  if (tab === 'history') return historyPicture(pictures.history, of);
  if (tab === 'parallel') return parallelPicture(pictures.parallel, of);
  if (tab === 'importance') return importancePicture(pictures.importance, of);
  const columns = Math.max(1, Math.min(pictures.slices.length, Math.floor(of.width / 300)));
  const width = Math.floor((of.width - (columns - 1) * 16) / columns);
  return pictures.slices.map((slice) => slicePicture(slice, { ...of, width })).join('');
}

/** The component has `tab`, active() and x-ref="picture". */
export const pictureBox = `<section class="box"><div class="box-head"><h2 x-t="hpo.pictures"></h2></div>
  <div class="box-body">${tabs({
    label: 'hpo.pictures',
    prefix: 'picture',
    current: 'tab',
    tabs: [
      { key: 'history', text: 'hpo.picture.history' },
      { key: 'parallel', text: 'hpo.picture.parallel' },
      { key: 'importance', text: 'hpo.picture.importance' },
      { key: 'slices', text: 'hpo.picture.slices' },
    ],
  })}
  ${(['history', 'parallel', 'importance', 'slices'] as const).map((key) => `<div role="tabpanel" id="picture-${key}" aria-labelledby="picture-${key}-tab" x-show="tab === '${key}'"><p class="muted picture-text" x-t="hpo.picture.${key}.text"></p></div>`).join('')}
  <div class="search-picture" x-ref="picture"></div><p class="picture-empty" x-show="!drawn" x-text="$t(tab === 'importance' ? 'hpo.picture.few' : active() ? 'hpo.picture.waiting' : 'graph.none')"></p></div></section>`;
