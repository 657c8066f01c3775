/** Several experiments of a project in one graph and one table. What is compared stands in the address, so that it can be sent to a colleague. */

import type { Experiment, ExperimentDetails } from '../../server/http/schemas.ts';
import { api } from '../api.ts';
import { classColour } from '../charts/colours.ts';
import { CompareChart } from '../charts/compare.ts';
import { DRAWN } from '../components/search-select.ts';
import { emptyState } from '../components/table.ts';
import { toastError } from '../components/toast.ts';
import { keepPlace } from '../frame/place.ts';
import { loadStubbornly } from '../live/events.ts';
import '../i18n/areas/compare.ts';
import '../i18n/areas/experiments.ts';
import '../i18n/areas/run.ts';
import * as format from '../i18n/format.ts';
import { t } from '../i18n/language.ts';
import { openProject } from '../live/project.ts';
import { component, icon } from '../mount.ts';
import { page, pageHead } from '../page.ts';
import { dividedText } from './data-split.ts';
import { comparedParameters } from './parameters.ts';
import { startText } from './start.ts';

const AT_MOST = 6;
const METRICS = ['validation_accuracy', 'validation_loss', 'train_accuracy', 'train_loss'] as const;
type Metric = (typeof METRICS)[number];

interface ComparedRow {
  name: string;
  differs: boolean;
  always?: boolean;
  values: string[];
}

/** So many are seen at a glance. */
const FEW = 8;

const letter = (index: number) => String.fromCharCode(65 + index);

export default page({
  title: 'compare.title',
  help: {
    ko: `# 실험 비교
- 왼쪽에서 실험을 고르면 그래프와 표에 함께 나타납니다.
- 표에서 서로 다른 설정은 배경색과 ≠로 표시됩니다. 다른 항목만 골라 볼 수도 있습니다.
- 이 화면의 주소를 보내면 동료도 같은 비교를 볼 수 있습니다.`,
    en: `# Comparing experiments
- What you choose at the left appears in the graph and the table.
- Settings that differ are marked with ≠ and a background; you can show only those.
- Send this page's address, and a colleague sees the same comparison.`,
  },
  template: `${pageHead('compare.title', 'compare.purpose')}<div x-problem="problem"></div>
    <div x-show="ready && all.length < 2">${emptyState({ icon: 'chart-line', title: 'compare.empty.title', text: 'compare.empty.text' })}</div>
    <div class="compare-grid" x-show="all.length > 1">
      <section class="box"><div class="box-head"><h2 x-t="compare.choose"></h2></div><div class="box-body"><div class="search-input compare-search" x-show="all.length > few">${icon('search')}<input type="search" data-search x-model="words" x-t:placeholder="table.search" x-t:aria-label="compare.search"></div><fieldset class="compare-choose"><legend class="visually-hidden" x-t="compare.choose"></legend><template x-for="one in offered()" :key="one.id"><label class="check"><input type="checkbox" :checked="has(one.id)" :disabled="full() && !has(one.id)" @change="toggle(one.id)"><span><span class="compare-mark" x-show="has(one.id)" :style="{ borderColor: colour(one.id) }" x-text="mark(one.id)"></span><span x-text="one.name"></span><small x-text="about(one)"></small></span></label></template></fieldset><p class="field-note" x-show="cut()" x-text="$t('table.first', { n: ${DRAWN} })"></p><p class="field-note" x-show="full()" x-text="$t('compare.limit', { n: limit })"></p></div></section>
      <div class="stack"><p class="notice" x-show="chosen.length < 2" x-t="compare.none"></p>
        <section class="box" x-show="chosen.length"><div class="box-head"><h2 x-t="compare.graph"></h2><span class="spacer"></span><select x-model="metric" @change="draw()" x-t:aria-label="compare.metric"><template x-for="name in metrics" :key="name"><option :value="name" :selected="name === metric" x-text="name"></option></template></select></div><div class="box-body"><div class="compare-chart" x-ref="chart"></div></div></section>
        <section class="box" x-show="chosen.length"><div class="box-head"><h2 x-t="compare.table"></h2><span class="spacer"></span><label class="check"><input type="checkbox" x-model="onlyDifferent"><span x-t="compare.onlyDifferent"></span></label></div>
          <div class="table-scroll" tabindex="0" role="region" x-t:aria-label="compare.table"><table class="table compare-table"><thead><tr><th scope="col" x-t="compare.item"></th><template x-for="one in picked()" :key="one.experiment.id"><th scope="col"><span class="compare-mark" :style="{ borderColor: colour(one.experiment.id) }" x-text="mark(one.experiment.id)"></span><a class="plain-link" :href="'/experiments/' + one.experiment.id" x-text="one.experiment.name"></a></th></template></tr></thead>
            <tbody><template x-for="row in rows()" :key="row.name"><tr :class="{ differs: row.differs }"><th scope="row"><span x-text="row.name"></span><span class="differs-mark" x-show="row.differs" x-t:title="compare.differs" aria-hidden="true">≠</span></th><template x-for="(value, index) in row.values" :key="index"><td class="number" x-text="value"></td></template></tr></template></tbody></table></div></section></div></div>`,
  component: (route) => {
    const projectId = Number(route.params.id);
    let chart: CompareChart | null = null;
    return component({
      all: [] as readonly Experiment[],
      few: FEW,
      words: '',
      chosen: [] as number[],
      details: {} as Record<number, ExperimentDetails>,
      metric: 'validation_accuracy' as Metric,
      metrics: METRICS,
      limit: AT_MOST,
      onlyDifferent: false,
      ready: false,
      problem: null as unknown,
      async init() {
        route.signal.addEventListener('abort', () => chart?.end());
        void this.$nextTick(() => {
          if (route.signal.aborted) return;
          chart = new CompareChart(this.$refs.chart as HTMLElement);
          this.draw();
        });
        const experiments = await loadStubbornly(
          async () => {
            const project = await openProject(projectId);
            keepPlace(route.signal, () => [
              { text: project.name, to: `/projects/${projectId}/data` },
              { text: t('exp.title'), to: `/projects/${projectId}/experiments` },
              { text: t('compare.title') },
            ]);
            return api.get<Experiment[]>(`/api/projects/${projectId}/experiments`, undefined, route.signal);
          },
          route.signal,
          (error) => {
            this.problem = error;
          },
        );
        if (!experiments) return;
        this.problem = null;
        try {
          this.all = Object.freeze(experiments.filter((one) => one.usable).sort((a, b) => b.id - a.id));
          const wanted = (route.query.get('ids') ?? '').split(',').map(Number);
          const known = [...new Set(wanted)].filter((id) => this.all.some((one) => one.id === id));
          this.chosen = (known.length ? known : this.all.slice(0, 2).map((one) => one.id)).slice(0, AT_MOST);
          this.ready = true;
          await Promise.all(this.chosen.map((id) => this.add(id)));
        } catch (error) {
          if (!route.signal.aborted) this.problem = error;
        }
      },
      fitting(): readonly Experiment[] {
        const words = this.words.trim().toLowerCase();
        return words ? this.all.filter((one) => `${one.name} ${this.about(one)}`.toLowerCase().includes(words)) : this.all;
      },
      cut() {
        return this.fitting().length > DRAWN;
      },
      /** What is looked for, and what is chosen. */
      offered(): readonly Experiment[] {
        const drawn = new Set(this.fitting().slice(0, DRAWN));
        return this.all.filter((one) => this.has(one.id) || drawn.has(one));
      },
      has(id: number) {
        return this.chosen.includes(id);
      },
      full() {
        return this.chosen.length >= AT_MOST;
      },
      async add(id: number) {
        // Its place, and with it its letter and colour, is given at once.
        if (!this.has(id)) this.chosen = [...this.chosen, id];
        if (!this.details[id]) this.details[id] = Object.freeze(await api.get<ExperimentDetails>(`/api/experiments/${id}`, undefined, route.signal));
        this.changed();
      },
      async toggle(id: number) {
        if (this.has(id)) {
          this.chosen = this.chosen.filter((one) => one !== id);
          this.changed();
          return;
        }
        try {
          await this.add(id);
        } catch (error) {
          this.chosen = this.chosen.filter((one) => one !== id);
          if (!route.signal.aborted) toastError(error);
        }
      },
      changed() {
        history.replaceState(history.state, '', `${location.pathname}?ids=${this.chosen.join(',')}`);
        this.draw();
      },
      mark(id: number) {
        return letter(this.chosen.indexOf(id));
      },
      colour(id: number) {
        return classColour(this.chosen.indexOf(id));
      },
      about(one: Experiment) {
        return [one.config?.algorithm ?? '', `${one.datasetName} v${one.datasetVersion}`].join(' · ');
      },
      picked(): ExperimentDetails[] {
        return this.chosen.flatMap((id) => this.details[id] ?? []);
      },
      draw() {
        const { metric } = this;
        chart?.set(
          this.picked().map((one) => ({
            label: `${this.mark(one.experiment.id)} ${one.experiment.name}`,
            colour: this.colour(one.experiment.id),
            values: one.epochs.map((row) => row[metric]),
          })),
          metric,
          metric.endsWith('accuracy') ? 2 : 4,
        );
      },
      rows(): ComparedRow[] {
        const all = this.picked();
        const row = (name: string, value: (of: ExperimentDetails) => string): ComparedRow => {
          const values = all.map(value);
          return { name, values, differs: new Set(values).size > 1 };
        };
        /** Results always differ; what is marked is what was set differently. */
        const result = (name: string, value: (of: ExperimentDetails) => string): ComparedRow => ({ ...row(name, value), differs: false, always: true });
        const accuracy = (part: 'training' | 'validation' | 'test', name: string) =>
          result(t('compare.accuracy', { part: name }), (of) => {
            const score = of.result?.evaluation[part];
            return score ? format.decimal(score.accuracy) : '–';
          });
        const list = [
          accuracy('training', 'Training'),
          accuracy('validation', 'Validation'),
          accuracy('test', 'Test'),
          row(t('fact.algorithm'), ({ experiment }) => experiment.config?.algorithm ?? '–'),
          row(t('start.label'), ({ experiment }) => startText(experiment.config?.start)),
          row(t('fact.dataset'), ({ experiment }) => `${experiment.datasetName} v${experiment.datasetVersion}`),
          row(t('fact.split'), ({ experiment: { config } }) => (config ? dividedText(config.split) : '–')),
          row(t('fact.seed'), ({ experiment: { config } }) => String(config?.split.seed ?? '–')),
          row(t('fact.stratify'), ({ experiment: { config } }) => (config ? t(config.split.stratify ? 'run.on' : 'run.off') : '–')),
          row(t('split.groups'), ({ experiment: { config } }) => config?.split.groupPattern ?? '–'),
          ...comparedParameters(all.map(({ experiment: { config } }) => config?.parameters)).map(
            ({ name, values }): ComparedRow => ({
              name,
              values,
              differs: new Set(values).size > 1,
            }),
          ),
          row(t('fact.preset'), ({ experiment: { config } }) => config?.preset ?? '–'),
          result(t('fact.time'), (of) => (of.result ? format.duration(of.result.seconds) : '–')),
        ];
        return this.onlyDifferent ? list.filter((one) => one.differs || one.always) : list;
      },
    });
  },
});
