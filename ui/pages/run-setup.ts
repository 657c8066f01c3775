/** The three steps before a training: what is asked, what is proposed, and what is wrong with an answer. */
import type { Algorithm, Dataset, PicturePage, Preset, RunConfig } from '../../server/http/schemas.ts';
import type { StartOption } from '../../server/http/weights-schemas.ts';
import { api, wasAborted } from '../api.ts';
import { toastError } from '../components/toast.ts';
import type { Key } from '../i18n/keys.ts';
import { onChange, onPresets } from '../live/events.ts';
import { loaded } from '../live/project.ts';
import { component } from '../mount.ts';
import type { Route } from '../page.ts';
import type { Figures } from './configuration.ts';
import { splitSetup } from './data-split.ts';
import {
  changedAdvanced,
  complete,
  isAdvanced,
  LIMITS,
  matters,
  type NumberName,
  type ParameterName,
  parameterProblem,
  type Recipe,
  rateFor,
  sent,
  USUAL,
  wrongNumbers,
} from './parameters.ts';
import { type StartKey, startChoices, startKey, startOf } from './start.ts';

/** `settings` is asked for a search alone. */
export type Step = 'split' | 'algorithm' | 'settings' | 'resources';
const STEPS: readonly Step[] = ['split', 'algorithm', 'resources'];
export interface SetupOptions {
  steps?: readonly Step[];
  /** What is wrong in a step besides what every training asks. */
  wrong?(step: Step): boolean;
}
type SortKey = 'name' | 'gflops' | 'parametersM' | 'resourceNeed';
/** Learns well from few pictures and without tuning. */
const FIRST_CHOICE = 'resnet18';
const PIXEL_STEP = 32;
const USUAL_SIZE = 224;
/** Enough for the drawn defects, so that a newcomer has a model in two minutes without a GPU. */
const SAMPLE_SIZE = 64;

/** As large as the pictures are, in steps of 32 pixels, but at most what the architectures were made for. */
async function usualSize(dataset: Dataset, signal: AbortSignal): Promise<number> {
  if (loaded.project?.sample) return SAMPLE_SIZE;
  const { rows } = await api.get<PicturePage>(`/api/datasets/${dataset.id}/items`, { limit: 100 }, signal);
  const sides = rows.map((row) => Math.max(row.width, row.height)).sort((a, b) => a - b);
  const middle = sides[Math.floor(sides.length / 2)] ?? USUAL_SIZE;
  return Math.max(PIXEL_STEP, Math.min(USUAL_SIZE, Math.ceil(middle / PIXEL_STEP) * PIXEL_STEP));
}

export function runSetup(signal: AbortSignal, options: SetupOptions = {}) {
  const steps = options.steps ?? STEPS;
  let beginning = false;
  return component({
    step: 'split' as Step,
    done: { split: false, algorithm: false, settings: false, resources: false } as Record<Step, boolean>,
    state: 'loading' as 'loading' | 'ready' | 'failed',
    problem: null as unknown,
    pictures: 0,
    classCount: 2,
    split: splitSetup(signal),
    algorithms: [] as readonly Algorithm[],
    /** '' is the daemon's order: what to begin with comes first. */
    sort: { key: '' as '' | SortKey, down: false },
    /** What is looked for in the table of algorithms. */
    query: '',
    algorithm: '',
    starts: [] as readonly StartOption[],
    start: '' as StartKey,
    parameters: {
      ...USUAL,
      batch_size: 16,
      epoch: 10,
      learning_rate: 0.01,
      momentum: 0.9,
      weight_decay: 0.0005,
      input_size: USUAL_SIZE,
      augment: true,
    } as Recipe,
    defaults: null as Recipe | null,
    presets: [] as readonly Preset[],
    preset: '',

    /** Once: `fill` loads the form and what belongs to it. Where that did not succeed it is done again when it is called the next time: the line was down. */
    async begin(fill: () => Promise<void>) {
      if (beginning || this.state === 'ready') return;
      beginning = true;
      try {
        await fill();
        this.problem = null;
        this.state = 'ready';
      } catch (error) {
        if (wasAborted(error)) return;
        this.problem = error;
        this.state = 'failed';
      } finally {
        beginning = false;
      }
    },
    async load(dataset: Dataset) {
      this.pictures = dataset.count;
      this.split.load(dataset);
      this.classCount = Math.max(2, dataset.classes.length);
      const size = await usualSize(dataset, signal);
      const [algorithms, presets, starts] = await Promise.all([
        api.get<Algorithm[]>('/api/algorithms', { classes: this.classCount, size, pictures: this.pictures }, signal),
        api.get<Preset[]>('/api/presets', undefined, signal),
        api.get<StartOption[]>('/api/starts', undefined, signal),
      ]);
      this.starts = Object.freeze(starts);
      this.algorithms = Object.freeze(algorithms);
      this.presets = Object.freeze(presets);
      const first = algorithms.find((one) => one.name === FIRST_CHOICE) ?? algorithms[0];
      if (first) {
        this.algorithm = first.name;
        this.takeDefaults(first);
      }
      this.parameters.input_size = size;
      this.preset = best(presets);
      onPresets(signal, () => void this.followPresets());
      // An administrator may come back from another tab with weights.
      document.addEventListener('visibilitychange', () => void this.followStarts(), { signal });
    },
    takeDefaults(algorithm: Algorithm) {
      this.defaults = { ...algorithm.defaults };
      this.parameters = { ...algorithm.defaults };
    },

    /** As an earlier training was set up; gives the labels of what it used and what is not there any more. Each step is confirmed anew. */
    async take({ split, algorithm, parameters, start, preset }: RunConfig): Promise<Key[]> {
      this.done = { split: false, algorithm: false, settings: false, resources: false };
      this.step = 'split';
      const lost: Key[] = [];
      this.split.take(split);
      const known = this.algorithms.find((one) => one.name === algorithm);
      if (known) {
        this.algorithm = algorithm;
        this.defaults = { ...known.defaults };
        // In the order of the defaults, against which they are held.
        this.parameters = { ...known.defaults, ...complete(parameters) };
        this.start = startKey(this.starts, algorithm, start);
      }
      if (!known) lost.push('run.step.algorithm');
      else if (start && !this.start) lost.push('start.label');
      if (this.presets.some((one) => one.name === preset && one.fits)) this.preset = preset;
      else lost.push('run.step.resources');
      await this.measure();
      return lost;
    },

    // ---- steps
    mayOpen(step: Step) {
      return steps.slice(0, steps.indexOf(step)).every((before) => this.done[before]);
    },
    isDone(step: Step) {
      return this.done[step];
    },
    go(step: Step) {
      this.step = step;
      document.getElementById('main')?.scrollTo({ top: 0 });
    },
    /** OK of a step. */
    confirm(step: Step) {
      if (this.wrongIn(step)) return;
      this.done = { ...this.done, [step]: true };
      const next = steps[steps.indexOf(step) + 1];
      if (next) this.go(next);
    },
    /** A changed answer has to be confirmed again. */
    changed(step: Step) {
      if (this.done[step]) this.done = { ...this.done, [step]: false };
    },
    wrongIn(step: Step): boolean {
      if (options.wrong?.(step)) return true;
      if (step === 'settings') return false;
      if (step === 'split') return this.split.problem() !== '';
      if (step === 'algorithm') return !this.algorithm || wrongNumbers(this.parameters, this.freezable()).length > 0;
      return !this.preset;
    },
    complete() {
      return steps.every((step) => this.done[step] && !this.wrongIn(step));
    },

    // ---- algorithm
    /** Those whose name has what is looked for. */
    found(): readonly Algorithm[] {
      const words = this.query.trim().toLowerCase();
      return words ? this.sorted().filter(({ name }) => name.includes(words)) : this.sorted();
    },
    sorted(): readonly Algorithm[] {
      const { key, down } = this.sort;
      if (!key) return this.algorithms;
      const needs = ['low', 'medium', 'high'];
      const value = (one: Algorithm) => (key === 'resourceNeed' ? needs.indexOf(one.resourceNeed) : one[key]);
      return [...this.algorithms].sort((a, b) => {
        const [x, y] = [value(a), value(b)];
        const order = typeof x === 'number' && typeof y === 'number' ? x - y : String(x).localeCompare(String(y), 'en', { numeric: true });
        return (down ? -order : order) || a.gflops - b.gflops;
      });
    },
    sortBy(key: SortKey) {
      this.sort = { key, down: this.sort.key === key && !this.sort.down };
    },
    ariaSort(key: string) {
      return this.sort.key !== key ? 'none' : this.sort.down ? 'descending' : 'ascending';
    },
    sortIcon(key: string) {
      return this.sort.key !== key ? 'chevrons-up-down' : this.sort.down ? 'chevron-down' : 'chevron-up';
    },
    chooseAlgorithm(name: string) {
      const next = this.algorithms.find((one) => one.name === name);
      if (!next || this.algorithm === name) return;
      this.algorithm = name;
      // Weights are those of one algorithm.
      this.start = '';
      this.changed('algorithm');
      // What the person has set stays; the rest follows the new algorithm's defaults.
      const untouched = JSON.stringify(this.parameters) === JSON.stringify(this.defaults);
      if (untouched) this.takeDefaults(next);
      else this.defaults = { ...next.defaults };
    },
    async followStarts() {
      if (document.visibilityState !== 'visible') return;
      try {
        const now = await api.get<StartOption[]>('/api/starts', undefined, signal);
        // One that has gone may be chosen already: it stays, and Start says that it is not there any more.
        const gone = this.starts.filter((one) => !now.some(({ kind, id }) => kind === one.kind && id === one.id));
        this.starts = Object.freeze([...now, ...gone]);
      } catch {
        // Those that were there are still offered.
      }
    },
    startChoices() {
      return startChoices(this.starts, this.algorithm);
    },
    chosen() {
      return this.algorithms.find((one) => one.name === this.algorithm) ?? null;
    },
    parameterProblem(name: NumberName) {
      return parameterProblem(name, this.parameters, this.freezable());
    },
    matters(name: ParameterName) {
      return matters(name, this.parameters);
    },
    freezable() {
      return this.chosen()?.freezable ?? LIMITS.freeze_stages.max;
    },
    freezeRange() {
      return `0 – ${this.freezable()}`;
    },
    changedAdvanced() {
      return changedAdvanced(this.parameters).length;
    },
    advancedWrong() {
      return wrongNumbers(this.parameters, this.freezable()).some(isAdvanced);
    },
    optimizerChanged() {
      this.parameters.learning_rate = rateFor(this.parameters);
    },
    resetParameters() {
      if (this.defaults) this.parameters = { ...this.defaults };
      this.changed('algorithm');
      void this.measure();
    },
    isDefault() {
      return JSON.stringify(this.parameters) === JSON.stringify(this.defaults);
    },
    /** The table's figures are those of the chosen input size. */
    async measure() {
      this.changed('algorithm');
      const size = this.parameters.input_size;
      if (this.parameterProblem('input_size') || this.algorithms[0]?.size === size) return;
      try {
        const algorithms = await api.get<Algorithm[]>('/api/algorithms', { classes: this.classCount, size, pictures: this.pictures }, signal);
        if (this.parameters.input_size !== size) return;
        this.algorithms = Object.freeze(algorithms);
        if (!this.chosen()) this.algorithm = '';
      } catch (error) {
        toastError(error);
      }
    },

    // ---- resources
    /** An administrator has changed them while the form stands. What was chosen stays while it is there and fits; else it is asked again. */
    async followPresets() {
      try {
        const before = JSON.stringify(this.chosenPreset());
        this.presets = Object.freeze(await api.get<Preset[]>('/api/presets', undefined, signal));
        if (!this.chosenPreset()?.fits) this.preset = best(this.presets);
        if (JSON.stringify(this.chosenPreset()) !== before) this.changed('resources');
      } catch {
        // Start would say so.
      }
    },
    choosePreset(preset: Preset) {
      if (!preset.fits) return;
      this.preset = preset.name;
      this.changed('resources');
    },
    chosenPreset() {
      return this.presets.find((one) => one.name === this.preset) ?? null;
    },

    gpuMissing() {
      return this.chosenPreset()?.gpuMissing === true;
    },

    figures(): Figures {
      return { algorithm: this.chosen(), preset: this.chosenPreset() };
    },
    config(): RunConfig {
      return {
        split: this.split.request(),
        algorithm: this.algorithm,
        parameters: sent(this.parameters),
        ...startOf(this.starts, this.algorithm, this.start),
        preset: this.preset,
      };
    },
  });
}

/**
 * Asks before the page of a draft, `id`, is left whose answers were changed, unless it was deleted: they go to the daemon with the start alone. The preset is none of
 * them, which the form changes itself when there are others. Gives what is to be called when the form is filled in.
 */
export function guardAnswers({ guard, signal }: Route, id: number, draft: () => boolean, answers: () => object): () => void {
  let filled: string | null = null;
  const now = () => JSON.stringify(answers(), (key, value: unknown) => (key === 'preset' ? undefined : value));
  guard(() => filled !== null && draft() && now() !== filled);
  onChange('experiment', { signal }, (changed, record) => {
    if (changed === id && record === null) filled = null;
  });
  return () => {
    filled = now();
  };
}

/** A GPU where there is one, else the most cores. */
function best(presets: readonly Preset[]): string {
  const ready = presets.filter((one) => one.fits && !one.gpuMissing);
  const fitting = ready.length ? ready : presets.filter((one) => one.fits);
  const gpu = fitting.filter((one) => one.gpu).sort((a, b) => b.gpuMemoryMb - a.gpuMemoryMb)[0];
  return (gpu ?? fitting.sort((a, b) => b.cores - a.cores || b.memoryMb - a.memoryMb)[0])?.name ?? '';
}
