/** Preprocess: a chain of methods with its parameters, what it makes of a few pictures, and Apply. */
import type { Template } from '../../server/http/library-schemas.ts';
import type {
  ParameterSpec,
  PreprocessMethods,
  PreprocessStep,
  PreprocessValue,
  Preview,
  PreviewPicture,
  TableLook,
} from '../../server/http/preprocess-schemas.ts';
import type { Dataset, Job, Progress, Project } from '../../server/http/schemas.ts';
import { api } from '../api.ts';
import { explain } from '../components/explain.ts';
import { toastError } from '../components/toast.ts';
import { effect } from '../effect.ts';
import { keepPlace } from '../frame/place.ts';
import '../i18n/areas/data.ts';
import '../i18n/areas/preprocess.ts';
import * as format from '../i18n/format.ts';
import { inLanguage, t, textOf } from '../i18n/language.ts';
import { endedJob } from '../live/ended-job.ts';
import { hearing, loadStubbornly, onChange, onProgress, onResync } from '../live/events.ts';
import { openProject } from '../live/project.ts';
import { templateMode } from '../live/template.ts';
import { component, icon } from '../mount.ts';
import { page } from '../page.ts';
import { overlay } from '../pictures/overlay.ts';
import { readOnlyReason } from './dataset-actions.ts';
import { sampleColumns, sampledNote, sampleRows, sampleSize, suitableColumns, tableFields, tablePreview } from './preprocess-table.ts';

/** A step as it is edited. Its key stays when it is moved. */
interface Step {
  key: number;
  method: string;
  values: Record<string, PreprocessValue>;
  open: boolean;
}

const ICONS: { [method: string]: string } = {
  resize: 'scaling',
  crop: 'crop',
  tile: 'grid-3x3',
  rotate: 'rotate-cw',
  flip: 'flip-horizontal-2',
  grayscale: 'blend',
  contrast: 'contrast',
  colour: 'palette',
  denoise: 'droplet',
  sharpen: 'focus',
  augment: 'copy-plus',
  fill_missing: 'droplet',
  drop_missing: 'trash-2',
  outliers: 'chart-scatter',
  one_hot: 'table-2',
  ordinal: 'list-checks',
  scale: 'scaling',
  log: 'trending-up',
  date_parts: 'hourglass',
  derive: 'sparkles',
  drop_columns: 'scissors',
};

/** Pictures that are shown at a time. */
const SHOWN = 3;
const WAIT_MS = 250;

const stepFields = `<div class="chain-fields"><template x-for="parameter in fields(step)" :key="parameter.name"><div class="field" :class="{ wide: widest(parameter), wrong: wrong(step, parameter) }">
    <template x-if="parameter.spec.kind === 'number' || parameter.spec.kind === 'integer'"><div>
      <div class="field-label"><label :for="fieldId(step, parameter)" x-text="text(step, parameter.name)"></label><span class="field-range" x-text="range(parameter)"></span></div>
      <div class="control"><input type="number" inputmode="decimal" :id="fieldId(step, parameter)" :min="parameter.spec.minimum" :max="parameter.spec.maximum" :step="parameter.spec.kind === 'integer' ? 1 : 'any'" :value="step.values[parameter.name]" @input="put(step, parameter, $el.value)" :disabled="fixed" :aria-invalid="wrong(step, parameter) ? 'true' : 'false'"><span class="unit" x-show="parameter.spec.unit" x-text="parameter.spec.unit"></span></div></div></template>
    <template x-if="parameter.spec.kind === 'choice'"><div>
      <div class="field-label"><label :for="fieldId(step, parameter)" x-text="text(step, parameter.name)"></label></div>
      <div class="control"><select :id="fieldId(step, parameter)" @change="put(step, parameter, $el.value)" :disabled="fixed"><template x-for="choice in parameter.spec.choices" :key="choice"><option :value="choice" :selected="choice === step.values[parameter.name]" x-text="text(step, parameter.name + '.' + choice)"></option></template></select></div></div></template>
    <template x-if="parameter.spec.kind === 'boolean'"><label class="check"><input type="checkbox" :checked="step.values[parameter.name]" @change="put(step, parameter, $el.checked)" :disabled="fixed"><span x-text="text(step, parameter.name)"></span></label></template>
    <template x-if="parameter.spec.kind === 'colour'"><div>
      <div class="field-label"><label :for="fieldId(step, parameter)" x-text="text(step, parameter.name)"></label></div>
      <div class="control"><input type="color" :id="fieldId(step, parameter)" :value="step.values[parameter.name]" @input="put(step, parameter, $el.value)" :disabled="fixed"></div></div></template>
    ${tableFields}
  </div></template></div>`;

const chain = `<section class="box" x-show="!fixed"><div class="box-head"><h2 x-t="preprocess.methods"></h2></div>
    <div class="box-body stack" x-show="!fixed"><div class="method-choice"><template x-for="method in methods" :key="method.name"><button type="button" class="button" @click="add(method.name)" :title="$t('preprocess.' + method.name + '.hint')" :disabled="running()"><span x-icon="iconOf(method.name)"></span><span x-text="$t('preprocess.' + method.name)"></span></button></template></div></div></section>
  <section class="box"><div class="box-head"><h2 x-t="preprocess.chain"></h2></div><div class="box-body stack">
    <p class="muted" x-show="!steps.length" x-t="preprocess.chain.empty"></p>
    <ol class="chain"><template x-for="(step, index) in steps" :key="step.key"><li :class="{ wrong: wrongStep(step) }">
      <div class="chain-head"><span class="chain-number" x-text="index + 1"></span><b x-text="$t('preprocess.' + step.method)"></b>
        <button type="button" class="icon-button" x-show="fields(step).length" @click="step.open = !step.open" :aria-expanded="step.open ? 'true' : 'false'" x-t:aria-label="preprocess.open" x-t:title="preprocess.open">${icon('sliders-horizontal')}</button>
        <button type="button" class="icon-button" @click="move(index, -1)" :disabled="index === 0 || fixed" x-t:aria-label="preprocess.up" x-t:title="preprocess.up">${icon('arrow-up')}</button>
        <button type="button" class="icon-button" @click="move(index, 1)" :disabled="index === steps.length - 1 || fixed" x-t:aria-label="preprocess.down" x-t:title="preprocess.down">${icon('arrow-down')}</button>
        <button type="button" class="icon-button" @click="remove(index)" :disabled="fixed" x-t:aria-label="preprocess.remove" x-t:title="preprocess.remove">${icon('x')}</button></div>
      <div class="chain-body" x-show="step.open"><p class="muted" x-text="$t('preprocess.' + step.method + '.hint')"></p>${stepFields}
        <div class="row" x-show="fields(step).length"><button type="button" class="button quiet small" @click="initialize(step)" :disabled="fixed" x-t:title="preprocess.initialize.hint">${icon('rotate-ccw')}<span x-t="preprocess.initialize"></span></button></div></div></li></template></ol></div></section>`;

const previewPicture = (of: string) =>
  `<figure class="preview-picture"><div class="preview-frame" x-effect="paint($el, ${of})"></div><figcaption x-text="caption(${of})"></figcaption></figure>`;

const preview = `<section class="box"><div class="box-head"><h2 x-t="preprocess.preview"></h2><span class="spacer"></span>
    <label class="check" x-show="drawn()"><input type="checkbox" x-model="labels"><span x-t="preprocess.labels"></span></label>
    <button type="button" class="button quiet small" @click="others()" x-show="!isTable() && count() > ${SHOWN}">${icon('shuffle')}<span x-t="preprocess.other"></span></button></div>
  <div class="box-body stack"><div x-problem="previewProblem"></div>
    <div class="stack" x-show="!previews && !look && !previewProblem" aria-hidden="true"><span class="skeleton-block tall"></span><span class="skeleton-block tall"></span></div>
    <p class="muted" x-show="estimate()" x-text="estimate()"></p>
    ${tablePreview}
    <div class="previews" x-show="!isTable()" :class="{ old: drawing }" aria-live="polite" :aria-busy="drawing ? 'true' : 'false'"><template x-for="one in previews || []" :key="one.n"><div class="preview-pair">${previewPicture('one.before')}${icon('arrow-right')}
      <div><div class="preview-made"><template x-for="(made, index) in one.after" :key="index">${previewPicture('made')}</template></div>
        <p class="muted" x-show="one.made > one.after.length" x-text="$t('preprocess.made', { made: one.made })"></p><p class="muted" x-show="one.made === 0" x-t="preprocess.none"></p></div></div></template></div></div></section>`;

export default page({
  title: 'preprocess.title',
  help: {
    ko: `# 전처리
데이터셋의 모든 이미지나 행을 같은 방법으로 바꾸어 새 버전을 만듭니다. 원본 버전은 그대로 남습니다.
# 순서
- 방법을 누르면 순서에 추가됩니다. 여러 방법을 이어서 적용할 수 있습니다.
- 값을 바꾸면 오른쪽의 미리 보기가 바로 바뀝니다. 초기화는 기본값으로 되돌립니다.
- 적용을 누르면 전처리가 시작됩니다. 진행되는 동안 다른 일을 할 수 있습니다.
- 끝나면 결과 보기로 새 버전을 엽니다.
# 알아 두기
- 라벨이 없는 데이터셋도 전처리할 수 있습니다.
- 상자와 다각형 라벨은 크기 조절, 자르기, 회전을 따라 움직입니다.
- 한 프로젝트에서 한 번에 하나만 진행됩니다.`,
    en: `# Preprocess
All pictures or rows of a dataset are changed alike into a new version. The original version stays.
# Steps
- Press a method to add it. Several are applied one after another.
- The preview at the right follows the values at once. Initialize puts the defaults back.
- Apply starts it. You can work on meanwhile.
- When it has ended, Result opens the new version.
# Good to know
- Datasets without labels can be preprocessed, too.
- Boxes and polygons follow a resize, crop or rotation.
- One preprocessing at a time in a project.`,
  },
  template: `<header class="page-head"><div><h1><span x-text="title()"></span></h1><p x-t="preprocess.purpose"></p></div>
      <div class="page-actions">
        <a class="button" x-show="result()" :href="result() ? '/datasets/' + result().id : ''">${icon('eye')}<span x-text="result() ? $t('preprocess.result.of', { version: result().version }) : ''"></span></a>
        <button type="button" class="button primary" @click="apply($el)" :aria-busy="applying ? 'true' : 'false'" :aria-disabled="reason() ? 'true' : 'false'" :title="reason()">${icon('wand-sparkles')}<span x-t="preprocess.apply"></span></button></div></header>
    <div x-problem="problem"></div>
    <p class="notice page-notice" x-show="fixed">${icon('workflow')}<span x-t="preprocess.chain.template"></span></p>
    <p class="notice page-notice" x-show="locked()">${icon('lock')}<span x-text="locked()"></span></p>
    <section class="box page-notice" x-show="running()"><div class="box-body stack"><p x-text="runningText()"></p><div x-progress="progress"></div>
      <div class="row"><span class="spacer"></span><button type="button" class="button" @click="stop()" :disabled="stopping">${icon('circle-stop')}<span x-t="preprocess.stop"></span></button></div></div></section>
    <p class="notice page-notice" x-show="failure === 'stopped' && !running()">${icon('circle-stop')}<span x-t="preprocess.stopped"></span></p>
    <div class="page-notice" x-show="failureText() && !running()"><h3 x-t="preprocess.failed"></h3><div x-problem="failureText()"></div></div>
    <p class="notice ready page-notice" x-show="made && !running()">${icon('circle-check')}<span x-text="made ? $t('preprocess.done', { version: made.version }) : ''"></span>&nbsp;<a class="link-button" :href="made ? '/datasets/' + made.id : ''" x-t="preprocess.result"></a></p>
    <div class="stack" x-show="!dataset && !problem" aria-hidden="true"><span class="skeleton-block tall"></span><span class="skeleton-block tall"></span></div>
    <div class="preprocess" x-show="dataset"><div class="stack">${chain}</div>${preview}</div>`,
  component: (route) => {
    const id = Number(route.params.id);
    let nextKey = 1;
    let turn = 0;
    let timer: number | undefined;
    return component({
      dataset: null as Dataset | null,
      project: null as Project | null,
      methods: [] as PreprocessMethods,
      steps: [] as Step[],
      /** The chain is a template's and cannot be changed. */
      fixed: false,
      previews: null as Preview | null,
      look: null as TableLook | null,
      drawing: false,
      previewProblem: null as unknown,
      labels: true,
      first: 0,
      problem: null as unknown,
      applying: false,
      applied: '',
      /** What is being made in this project now: of this dataset or of another. */
      being: null as Dataset | null,
      made: null as Dataset | null,
      /** The newest version that was made of this one before the page was opened. */
      earlier: null as Dataset | null,
      failure: null as { ko: string; en: string } | 'stopped' | null,
      progress: null as Progress | null,
      stopping: false,
      async init() {
        route.guard(() => !this.fixed && this.steps.length > 0 && this.applied !== JSON.stringify(this.chain()));
        onProgress(route.signal, (jobId, progress) => {
          if (this.being?.jobId === jobId) this.progress = progress;
        });
        onChange('dataset', { signal: route.signal }, (changed, record) => this.changed(changed, record));
        onResync(route.signal, () => void this.watch().catch(() => {}));
        const loaded = await loadStubbornly(
          async () => {
            const dataset = await api.get<Dataset>(`/api/datasets/${id}`, undefined, route.signal);
            const project = await openProject(dataset.projectId);
            return { dataset, project, methods: await api.get<PreprocessMethods>('/api/preprocess/methods', { type: dataset.type }, route.signal) };
          },
          route.signal,
          (error) => {
            this.problem = error;
          },
        );
        if (!loaded) return;
        const { dataset, project, methods } = loaded;
        this.problem = null;
        try {
          this.project = project;
          this.methods = methods;
          this.dataset = dataset;
          keepPlace(route.signal, () => [
            { text: project.name, to: `/projects/${project.id}/data` },
            { text: t('data.title'), to: `/projects/${project.id}/data` },
            { text: `${dataset.name} v${dataset.version}`, to: `/datasets/${id}` },
            { text: t('preprocess.title') },
          ]);
          await this.watch();
          this.resume();
          const followed = effect(() => {
            const { template } = templateMode;
            // Behind the effect, so that it follows the mode alone and not the steps.
            queueMicrotask(() => this.follow(template));
          });
          route.signal.addEventListener('abort', followed);
          this.draw();
        } catch (error) {
          if (!route.signal.aborted) this.problem = error;
        }
      },
      /** The steps that are being applied now, as they were when the page was left. */
      resume() {
        if (this.being?.preprocessing?.from.id !== id) return;
        this.steps = this.stepsOf(this.being.preprocessing.chain);
        this.applied = JSON.stringify(this.chain());
      },
      stepsOf(chain: readonly PreprocessStep[]): Step[] {
        return chain.map(({ method, parameters }) => ({ key: nextKey++, method, values: { ...this.defaults(method), ...parameters }, open: false }));
      },
      /** In template mode the steps are the template's, where it is for such data and its own were preprocessed. */
      follow(template: Template | null) {
        const fits = template?.type === this.project?.type && template?.groupId === this.project?.groupId;
        const chain = fits ? (template?.chain ?? []) : [];
        if (!chain.length && !this.fixed) return;
        this.fixed = chain.length > 0;
        this.steps = this.stepsOf(chain);
        this.draw();
      },
      /** What is under way in the project; again after a lost connection. */
      async watch() {
        if (!this.project) return;
        const address = `/api/projects/${this.project.id}/datasets`;
        const { answer, heard } = await hearing('dataset', () => api.get<Dataset[]>(address, undefined, route.signal));
        const rows = new Map<number, Dataset | null>([...answer.map((one) => [one.id, one] as const), ...heard]);
        const all = [...rows.values()].filter((one) => one !== null && one.projectId === this.project?.id) as Dataset[];
        this.being = all.find(({ status, preprocessing }) => status === 'ingesting' && preprocessing !== null) ?? null;
        const results = all.filter(({ status, preprocessing }) => status === 'ready' && preprocessing?.from.id === id);
        this.earlier = results.reduce<Dataset | null>((newest, one) => (newest && newest.id > one.id ? newest : one), null);
        if (this.being?.jobId != null)
          this.progress = (await api.get<Job>(`/api/jobs/${this.being.jobId}`, undefined, route.signal).catch(() => null))?.progress ?? null;
      },
      changed(changed: number, record: Dataset | null) {
        if (this.being?.id === changed) {
          if (record?.status === 'ready' && record.preprocessing?.from.id === id) this.made = record;
          if (record?.status !== 'ingesting') {
            const { jobId, preprocessing } = this.being;
            this.being = null;
            this.progress = null;
            if (record === null && jobId !== null && preprocessing?.from.id === id) void this.failed(jobId);
          }
        } else if (record?.status === 'ingesting' && record.projectId === this.project?.id && record.preprocessing !== null) this.being = record;
      },
      /** The settings are as they were, to be mended. */
      async failed(jobId: number) {
        this.applied = '';
        try {
          const job = await endedJob(jobId, route.signal);
          this.failure = job?.failure ? { ko: job.failure.ko, en: job.failure.en } : 'stopped';
        } catch (error) {
          // Nobody knows why it ended: that is no stop.
          if (!route.signal.aborted) this.problem = error;
        }
      },
      failureText() {
        return this.failure && this.failure !== 'stopped' ? inLanguage(this.failure) : '';
      },
      result() {
        return this.made ?? this.earlier;
      },
      title() {
        return this.dataset ? t('preprocess.of', { name: this.dataset.name, version: this.dataset.version }) : t('preprocess.title');
      },
      isTable() {
        return this.dataset?.type === 'tabular';
      },
      count() {
        return this.dataset?.count ?? 0;
      },
      locked() {
        return readOnlyReason(this.project);
      },
      running() {
        return this.being !== null;
      },
      runningText() {
        const being = this.being;
        if (!being) return '';
        return being.preprocessing?.from.id === id
          ? t('preprocess.running', { version: being.version })
          : t('preprocess.busy', { name: `${being.name} v${being.version}` });
      },
      /** Why Apply cannot be pressed, or ''. */
      reason() {
        if (this.locked()) return this.locked();
        if (this.being) return this.runningText();
        if (!this.steps.length) return t('preprocess.need');
        return this.steps.some((step) => this.wrongStep(step)) ? t('preprocess.wrong') : '';
      },

      // ------------------------------------------------------------ the chain

      iconOf: (method: string) => ICONS[method] ?? 'sliders-horizontal',
      specs(step: Step) {
        return this.methods.find(({ name }) => name === step.method)?.parameters ?? [];
      },
      /** Those that count with the values as they are. */
      fields(step: Step) {
        return this.specs(step).filter(({ spec }) => spec.when === undefined || spec.when.is.includes(String(step.values[spec.when.name])));
      },
      defaults(method: string): Record<string, PreprocessValue> {
        const parameters = this.methods.find(({ name }) => name === method)?.parameters ?? [];
        return Object.fromEntries(parameters.map(({ name, spec }) => [name, spec.default]));
      },
      text: (step: Step, name: string) => textOf(`preprocess.${step.method}.${name}`) ?? name,
      fieldId: (step: Step, parameter: { name: string }) => `step-${step.key}-${parameter.name}`,
      range({ spec }: { spec: ParameterSpec }) {
        return 'minimum' in spec ? `${spec.minimum} – ${spec.maximum}` : '';
      },
      wrong(step: Step, { name, spec }: { name: string; spec: ParameterSpec }) {
        const value = step.values[name];
        // A text without a default has to be written.
        if (spec.kind === 'text') return spec.default === '' && value === '';
        if (spec.kind === 'columns') return step.method === 'drop_columns' && Array.isArray(value) && value.length === 0;
        if (!('minimum' in spec)) return false;
        return (
          typeof value !== 'number' ||
          Number.isNaN(value) ||
          value < spec.minimum ||
          value > spec.maximum ||
          (spec.kind === 'integer' && !Number.isInteger(value))
        );
      },
      wrongStep(step: Step) {
        return this.fields(step).some((parameter) => this.wrong(step, parameter));
      },
      add(method: string) {
        for (const step of this.steps) step.open = false;
        this.steps.push({ key: nextKey++, method, values: this.defaults(method), open: true });
        this.draw();
      },
      move(index: number, by: number) {
        const [step] = this.steps.splice(index, 1);
        if (step) this.steps.splice(index + by, 0, step);
        this.draw();
      },
      remove(index: number) {
        this.steps.splice(index, 1);
        this.draw();
      },
      initialize(step: Step) {
        step.values = this.defaults(step.method);
        this.draw();
      },
      widest: ({ spec: { kind } }: { spec: ParameterSpec }) => kind !== 'number' && kind !== 'integer' && kind !== 'colour',
      columnNames(step: Step, { name, spec }: { name: string; spec: ParameterSpec }): string[] {
        const chosen = step.values[name];
        return suitableColumns(this.look, spec, Array.isArray(chosen) ? chosen : []);
      },
      columnsChosen(step: Step, parameter: { name: string; spec: ParameterSpec }): string {
        const chosen = step.values[parameter.name];
        if (!Array.isArray(chosen)) return '';
        if (chosen.length) return t('preprocess.columns.some', { n: chosen.length });
        if (!this.columnNames(step, parameter).length) return t('preprocess.columns.none');
        return step.method === 'drop_columns' ? t('preprocess.column.none') : t('preprocess.columns.all');
      },
      putColumn(step: Step, parameter: { name: string; spec: ParameterSpec }, column: string, chosen: boolean) {
        const before = step.values[parameter.name];
        const others = (Array.isArray(before) ? before : []).filter((name) => name !== column);
        this.put(step, parameter, chosen ? [...others, column] : others);
      },
      put(step: Step, { name, spec }: { name: string; spec: ParameterSpec }, value: string | boolean | string[]) {
        step.values = { ...step.values, [name]: 'minimum' in spec ? (value === '' ? Number.NaN : Number(value)) : value };
        this.draw();
      },
      /** As the server takes it: parameters that do not count are left out. */
      chain(): PreprocessStep[] {
        return this.steps.map((step) => ({
          method: step.method,
          parameters: Object.fromEntries(this.fields(step).map(({ name }) => [name, step.values[name] as PreprocessValue])),
        }));
      },

      // ------------------------------------------------------------ the preview

      drawn() {
        return (this.previews ?? []).some(({ before }) => before.shapes?.some(({ kind }) => kind !== 'whole'));
      },
      /** A handful spread over the dataset; "other pictures" shifts them. */
      samples(): number[] {
        const count = this.count();
        const shown = Math.min(SHOWN, count);
        return Array.from({ length: shown }, (_, i) => (Math.floor((i * count) / shown) + this.first) % count);
      },
      others() {
        this.first += 1;
        this.draw();
      },
      draw() {
        clearTimeout(timer);
        timer = window.setTimeout(() => void this.drawNow(), WAIT_MS);
      },
      async drawNow() {
        if (this.dataset?.status !== 'ready' || this.count() === 0 || this.steps.some((step) => this.wrongStep(step))) return;
        const mine = ++turn;
        this.drawing = true;
        try {
          if (this.isTable()) {
            const look = await api.post<TableLook>(`/api/datasets/${id}/preprocess/table-preview`, { chain: this.chain() });
            if (mine !== turn) return;
            this.look = Object.freeze(look);
            this.previewProblem = null;
            return;
          }
          const previews = await api.post<Preview>(`/api/datasets/${id}/preprocess/preview`, { chain: this.chain(), pictures: this.samples() });
          if (mine !== turn) return;
          this.previews = previews;
          this.previewProblem = null;
        } catch (error) {
          if (mine === turn && !route.signal.aborted) this.previewProblem = error;
        } finally {
          if (mine === turn) this.drawing = false;
        }
      },
      sampleSize(which: 'before' | 'after') {
        return this.look ? sampleSize(this.look[which]) : '';
      },
      sampledNote() {
        return this.look ? sampledNote(this.look) : '';
      },
      sampleColumns(which: 'before' | 'after') {
        return this.look ? sampleColumns(this.look, which) : [];
      },
      sampleRows(which: 'before' | 'after') {
        return this.look ? sampleRows(this.look, which) : [];
      },
      paint(frame: HTMLElement, of: PreviewPicture) {
        const image = document.createElement('img');
        image.src = `data:image/webp;base64,${of.image}`;
        image.alt = of.name;
        image.width = of.width;
        image.height = of.height;
        frame.replaceChildren(image, ...(this.labels && of.shapes ? [overlay(of.shapes, of.width, of.height)] : []));
      },
      caption: (of: PreviewPicture) => `${of.name.split('/').pop() ?? of.name} · ${of.width} × ${of.height} px`,
      /** How many pictures the new version will have, told from those that are shown. */
      estimate() {
        const all = this.previews ?? [];
        const made = all.reduce((sum, one) => sum + one.made, 0);
        if (!all.length || made === all.length) return '';
        return t('preprocess.estimate', { count: format.count(this.count()), made: format.count(Math.round((this.count() * made) / all.length)) });
      },

      // ------------------------------------------------------------ doing it

      async apply(anchor: HTMLElement) {
        const reason = this.reason();
        if (reason) return explain(anchor, reason);
        if (this.applying) return;
        this.applying = true;
        this.problem = null;
        this.failure = null;
        this.made = null;
        try {
          const chain = this.chain();
          const { answer, heard } = await hearing('dataset', () => api.post<Dataset>(`/api/datasets/${id}/preprocess`, { chain }));
          this.being = answer;
          this.applied = JSON.stringify(chain);
          // It may have ended before this answer is here.
          const newer = heard.get(answer.id);
          if (newer !== undefined) this.changed(answer.id, newer);
        } catch (error) {
          this.problem = error;
        } finally {
          this.applying = false;
        }
      },
      async stop() {
        if (this.being?.jobId == null) return;
        this.stopping = true;
        try {
          await api.post(`/api/jobs/${this.being.jobId}/stop`);
        } catch (error) {
          toastError(error);
        } finally {
          this.stopping = false;
        }
      },
    });
  },
});
