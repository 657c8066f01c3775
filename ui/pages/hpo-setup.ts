/** What a search is asked besides what every training is: which parameters, within which ranges, how many trials, towards what. */
import type { HpoMetric, HpoObjectiveMetric, HpoOptions, HpoRequest, SearchRange } from '../../server/http/training-schemas.ts';
import { api } from '../api.ts';
import { shownValue } from '../charts/value.ts';
import { numberProblem } from '../components/field.ts';
import { t } from '../i18n/language.ts';
import { component } from '../mount.ts';
import { isChoice, type ParameterName, parameterText } from './parameters.ts';

export interface SearchRow {
  name: ParameterName;
  /** false: on and off are tried, or those of `picked`. */
  numeric: boolean;
  whole: boolean;
  minimum: number;
  maximum: number;
  checked: boolean;
  mode: 'range' | 'choices';
  low: number;
  high: number;
  log: boolean;
  choices: string;
  picked: string[];
}
type CountName = 'maxTrialCount' | 'parallelTrialCount' | 'maxFailedTrialCount';

const GOALS: Record<HpoObjectiveMetric, number | ''> = { validation_accuracy: 90, train_accuracy: 90, validation_loss: '', train_loss: '' };
const isAccuracy = (metric: string) => metric.endsWith('accuracy');

function searchRow(of: HpoOptions['parameters'][number]): SearchRow {
  const { suggestion } = of;
  const numeric = of.kind !== 'categorical';
  const choices = 'choices' in suggestion ? suggestion.choices : [];
  const values = choices.filter((one) => typeof one === 'number');
  const range = 'low' in suggestion ? suggestion : { low: Math.min(...values), high: Math.max(...values) };
  return {
    name: of.name as ParameterName,
    numeric,
    whole: of.kind === 'int',
    minimum: of.minimum ?? Number.NEGATIVE_INFINITY,
    maximum: of.maximum ?? Number.POSITIVE_INFINITY,
    checked: of.checked,
    mode: 'choices' in suggestion ? 'choices' : 'range',
    low: numeric ? range.low : 0,
    high: numeric ? range.high : 1,
    log: 'low' in suggestion && suggestion.log === true,
    choices: choices.length ? choices.join(', ') : `${range.low}, ${range.high}`,
    picked: choices.filter((one) => typeof one === 'string'),
  };
}

const numbersIn = (text: string) =>
  text
    .split(/[,;\s]+/)
    .filter(Boolean)
    .map(Number);

export function rangeText(name: string, range: SearchRange): string {
  if ('choices' in range) return range.choices.map((one) => (typeof one === 'number' ? shownValue(one) : parameterText(name, one))).join(', ');
  return `${shownValue(range.low)} – ${shownValue(range.high)}${range.log ? ' (log)' : ''}`;
}

export function hpoSetup(signal: AbortSignal) {
  return component({
    options: null as HpoOptions | null,
    rows: {} as Record<string, SearchRow>,
    settings: { maxTrialCount: 10, parallelTrialCount: 1, maxFailedTrialCount: 4 } as Record<CountName, number>,
    sampler: 'tpe' as HpoRequest['sampler'],
    stopping: 'none' as HpoRequest['stopping'],
    metric: 'validation_accuracy' as HpoObjectiveMetric,
    type: 'maximize' as 'maximize' | 'minimize',
    goal: 90 as number | '',
    additional: ['train_accuracy'] as HpoMetric[],

    async load() {
      const options = await api.get<HpoOptions>('/api/hpo', undefined, signal);
      this.rows = Object.fromEntries(options.parameters.map((one) => [one.name, searchRow(one)]));
      this.settings = { ...options.defaults };
      this.options = Object.freeze(options);
    },
    /** The suggested picture sizes are made for 224 pixels; small pictures are searched around their own size. */
    fit(size: number) {
      const row = this.rows.input_size;
      if (!row || size >= 224) return;
      row.choices = [...new Set([size / 2, size, size * 2].map((one) => Math.max(16, Math.round(one / 16) * 16)))].join(', ');
    },
    /** As an earlier search was set up. */
    take({ search, settings, sampler, stopping, objective, additionalMetrics }: HpoRequest) {
      for (const row of Object.values(this.rows)) {
        const range = search[row.name];
        row.checked = range !== undefined;
        if (!range) continue;
        if ('low' in range) Object.assign(row, { mode: 'range', low: range.low, high: range.high, log: range.log === true });
        else if (isChoice(row.name)) row.picked = range.choices.filter((one) => typeof one === 'string');
        else if (row.numeric) Object.assign(row, { mode: 'choices', choices: range.choices.join(', ') });
      }
      const { metric, type, goal } = objective;
      Object.assign(this, { settings: { ...settings }, sampler, stopping, metric, type, goal: goal ?? '', additional: [...additionalMetrics] });
    },
    row(name: string) {
      return this.rows[name];
    },
    searched(name: string) {
      return this.rows[name]?.checked === true;
    },
    /** What is wrong with the range of a parameter, or ''. */
    problem(name: string): string {
      const row = this.rows[name];
      if (!row?.checked) return '';
      if (isChoice(row.name)) return row.picked.length < 2 ? t('hpo.wrong.picked') : '';
      if (!row.numeric) return '';
      const { minimum, maximum } = row;
      const ends = { min: String(minimum), max: String(maximum) };
      const inside = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value) && value >= minimum && value <= maximum;
      if (row.mode === 'choices') {
        const values = numbersIn(row.choices);
        if (!values.length || !values.every(inside)) return t('hpo.wrong.choices', ends);
        return row.whole && !values.every(Number.isInteger) ? t('hpo.wrong.whole') : '';
      }
      if (!inside(row.low) || !inside(row.high) || row.low >= row.high) return t('hpo.wrong.range', ends);
      if (row.log && row.low <= 0) return t('hpo.wrong.log');
      return row.whole && !(Number.isInteger(row.low) && Number.isInteger(row.high)) ? t('hpo.wrong.whole') : '';
    },
    nothing() {
      return Object.values(this.rows).some((row) => row.checked) ? '' : t('hpo.wrong.none');
    },
    wrongAlgorithm() {
      return this.nothing() !== '' || Object.keys(this.rows).some((name) => this.problem(name) !== '');
    },
    limit(name: CountName) {
      return this.options?.limits[name] ?? 10;
    },
    countProblem(name: CountName) {
      return numberProblem(this.settings[name], 1, this.limit(name), true, t);
    },
    goalProblem() {
      if (this.goal === '' || this.goal === null) return '';
      return isAccuracy(this.metric) ? numberProblem(this.goal, 0, 100, false, t) : numberProblem(this.goal, 0, 1000, false, t);
    },
    wrongSettings() {
      return (Object.keys(this.settings) as CountName[]).some((name) => this.countProblem(name) !== '') || this.goalProblem() !== '';
    },
    metricChanged() {
      this.type = isAccuracy(this.metric) ? 'maximize' : 'minimize';
      this.goal = GOALS[this.metric];
      this.additional = this.additional.filter((one) => one !== this.metric);
    },
    others() {
      return (this.options?.metrics ?? []).filter((one) => one !== this.metric);
    },
    hasMetric(name: HpoMetric) {
      return this.additional.includes(name);
    },
    toggleMetric(name: HpoMetric) {
      this.additional = this.hasMetric(name) ? this.additional.filter((one) => one !== name) : [...this.additional, name];
    },

    search(): HpoRequest['search'] {
      const entries = Object.values(this.rows).flatMap((row): [string, SearchRange][] => {
        if (!row.checked) return [];
        if (isChoice(row.name)) return [[row.name, { choices: [...row.picked] }]];
        if (!row.numeric) return [[row.name, { choices: [true, false] }]];
        if (row.mode === 'choices') return [[row.name, { choices: [...new Set(numbersIn(row.choices))] }]];
        return [[row.name, { low: row.low, high: row.high, ...(row.log ? { log: true } : {}) }]];
      });
      return Object.fromEntries(entries);
    },
    request(): Pick<HpoRequest, 'search' | 'settings' | 'sampler' | 'stopping' | 'objective' | 'additionalMetrics'> {
      return {
        search: this.search(),
        settings: { ...this.settings },
        sampler: this.sampler,
        stopping: this.stopping,
        objective: { metric: this.metric, type: this.type, goal: typeof this.goal === 'number' ? this.goal : null },
        additionalMetrics: [...this.additional],
      };
    },
  });
}
