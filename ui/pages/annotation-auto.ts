/** Applying the AI Model: a model proposes labels. It is a job like any other; its proposals are drawn dashed and are no labels until somebody accepts them. */
import type { AnnotationTask, AutoAnnotation, AutoModel, LabelledMany, NewAutoAnnotation } from '../../server/http/annotation-schemas.ts';
import { api } from '../api.ts';
import { dialog, openDialog } from '../components/dialog.ts';
import { cards, field, numberProblem } from '../components/field.ts';
import { finder, searchSelect } from '../components/search-select.ts';
import { toast, toastError } from '../components/toast.ts';
import '../i18n/areas/annotation.ts';
import { inLanguage, t, textOf } from '../i18n/language.ts';
import { component, icon } from '../mount.ts';
import { me } from '../session.ts';

interface Args {
  base: string;
  signal: AbortSignal;
  /** What is open, or chosen in the grid. */
  pictures: readonly number[];
  /** The Default model learns anew after so many labels; null: when asked. */
  every: number | null;
  /** Proposals were accepted or thrown away. */
  accepted(): void;
}

const POLL_MS = 1000;
/** What the daemon calls the Default model. */
const DEFAULT = 'Default';
const modelKey = (model: AutoModel) => (model.kind === 'default' ? 'default' : `${model.kind}-${model.id}`);

const auto = dialog<Args>({
  title: 'auto.title',
  size: 'large',
  template: `<div class="dialog-body">
      <div class="notice" x-show="blocked()">${icon('info')}<span x-text="blocked()"></span></div>
      <div x-show="!blocked()">
        <div x-show="running()"><p x-text="$t('auto.running', { name: jobName() })"></p><div x-progress="progress()"></div><p><button type="button" class="button" @click="stop()" x-t="auto.stop"></button></p></div>
        <p class="field-note" x-show="ended()" x-text="ended()"></p>
        <div class="box-body auto-open" x-show="proposals() > 0 && !running()"><p><b x-text="$t('auto.open', { n: proposals() })"></b></p>
          <div class="review-buttons"><label><span x-t="auto.above"></span> <input type="number" min="0" max="100" x-model.number="above"></label>
          <button type="button" class="button" @click="acceptAll()" :disabled="busy" x-t="work.accept-above"></button><button type="button" class="button" @click="rejectAll()" :disabled="busy" x-t="work.reject-all"></button></div></div>
        <div x-show="!running()" class="fields one auto-choices">
          <p class="field-note" x-t="auto.how"></p>
          ${cards({
            model: 'kind',
            label: 'auto.model',
            choices: [
              { value: 'default', text: 'auto.default', note: 'auto.default.note', icon: 'sparkles' },
              { value: 'custom', text: 'auto.custom', note: 'auto.custom.note', icon: 'package' },
            ],
          })}
          <div class="notice" x-show="kind === 'default' && defaultBlocked()">${icon('info')}<span x-text="defaultBlocked()"></span></div>
          <p class="field-note" x-show="kind === 'default' && !defaultBlocked()" x-text="$t('auto.learns', { n: labelled() })"></p>
          <div class="inline-choice" x-show="kind === 'default' && mayLearnAnew"><label class="check"><input type="checkbox" :checked="every !== null" @change="learnAnew($event.target.checked ? 50 : null)"><span x-t="auto.every"></span></label>
            <label x-show="every !== null"><span class="visually-hidden" x-t="auto.every.labels"></span><input type="number" min="5" max="100000" step="5" :value="every" @change="learnAnew($event.target.valueAsNumber, $event.target)"> <span x-t="auto.every.unit"></span></label></div>
          <div x-show="kind === 'custom' && models().length">${searchSelect({ model: 'chosen', label: 'auto.choose', from: 'models()', finder: 'modelFinder' })}</div>
          <div class="notice" x-show="kind === 'custom' && !models().length">${icon('info')}<span x-t="auto.no-models"></span></div>
          ${field({ model: 'threshold', label: 'auto.threshold', type: 'number', min: 0, max: 100, unit: 'auto.percent', hint: 'auto.threshold.hint', error: 'wrong()' })}
          ${cards({
            model: 'scope',
            label: 'auto.scope',
            choices: [
              { value: 'unlabelled', text: 'auto.scope.unlabelled', note: 'auto.scope.unlabelled.note', icon: 'circle-dashed' },
              { value: 'chosen', text: 'auto.scope.chosen', note: 'auto.scope.chosen.note', icon: 'image' },
              { value: 'all', text: 'auto.scope.all', note: 'auto.scope.all.note', icon: 'images' },
            ],
          })}
        </div>
      </div>
      <div x-problem="problem"></div></div>
    <footer class="dialog-foot"><button type="button" class="button" data-close x-t="action.close"></button><button type="submit" class="button primary" :disabled="!ready()" :aria-busy="busy" x-show="!blocked() && !running()"><span x-t="auto.start"></span></button></footer>`,
  component: (args) => {
    let timer = 0;
    /** The last look that did not succeed; the next one that does takes its message away. */
    let missed: unknown;
    return component({
      state: null as AutoAnnotation | null,
      kind: 'default',
      chosen: '',
      modelFinder: finder(),
      threshold: 50,
      scope: 'unlabelled',
      above: 80,
      every: args.every,
      /** It holds for everybody: no annotator decides it. */
      mayLearnAnew: me.developer,
      busy: false,
      problem: null as unknown,
      async init() {
        await this.load();
        if (this.state?.defaultBlockedBy && this.state.models.length) this.kind = 'custom';
        timer = window.setInterval(() => {
          if (!this.$el.isConnected || args.signal.aborted) clearInterval(timer);
          else if (this.running()) void this.load();
        }, POLL_MS);
      },
      destroy() {
        clearInterval(timer);
      },
      async load() {
        const before = this.running();
        try {
          this.take(await api.get<AutoAnnotation>(`${args.base}/auto`, undefined, args.signal));
          if (this.problem === missed) this.problem = null;
          if (before && !this.running()) args.accepted();
        } catch (error) {
          missed = error;
          this.problem = error;
        }
      },
      take(state: AutoAnnotation) {
        this.state = state;
        if (!this.chosen) this.chosen = this.models()[0]?.value ?? '';
      },
      jobName() {
        const name = this.state?.job?.model ?? '';
        return name === DEFAULT ? t('auto.default') : name;
      },
      models() {
        return (this.state?.models ?? [])
          .filter((one) => one.model.kind !== 'default')
          .map((one) => ({
            value: modelKey(one.model),
            text: one.accuracy === null ? one.name : t('auto.model.text', { name: one.name, accuracy: Math.round(one.accuracy * 10) / 10 }),
          }));
      },
      blocked() {
        const code = this.state?.blockedBy;
        return code ? (textOf(`auto.blocked.${code}`) ?? t('auto.blocked')) : '';
      },
      defaultBlocked() {
        const { state } = this;
        if (!state?.defaultBlockedBy) return '';
        return t('auto.default.needs', { n: state.labelled, needed: state.needed });
      },
      labelled() {
        return this.state?.labelled ?? 0;
      },
      proposals() {
        return this.state?.proposals ?? 0;
      },
      running() {
        const state = this.state?.job?.state;
        return state === 'pending' || state === 'running';
      },
      progress() {
        return this.state?.job?.progress ?? null;
      },
      ended() {
        const job = this.state?.job;
        if (!job || this.running()) return '';
        if (job.failure) return inLanguage(job.failure);
        return job.state === 'succeeded' ? t('auto.made', { name: this.jobName(), n: job.proposals ?? 0 }) : '';
      },
      wrong() {
        return numberProblem(this.threshold, 0, 100, false, t);
      },
      ready() {
        if (!this.state || this.busy || this.wrong()) return false;
        return this.kind === 'default' ? !this.state.defaultBlockedBy : this.models().length > 0;
      },
      async submit() {
        if (!this.ready() || this.running()) return;
        this.busy = true;
        this.problem = null;
        const custom = this.state?.models.find((one) => modelKey(one.model) === this.chosen);
        const model: AutoModel = this.kind === 'custom' && custom ? custom.model : { kind: 'default' };
        const scope: NewAutoAnnotation['scope'] = this.scope === 'chosen' ? { pictures: [...args.pictures] } : this.scope === 'all' ? 'all' : 'unlabelled';
        try {
          this.take(await api.post<AutoAnnotation>(`${args.base}/auto`, { model, threshold: this.threshold / 100, scope }));
        } catch (error) {
          this.problem = error;
        } finally {
          this.busy = false;
        }
      },
      /** Kept at once: it holds for everybody, with or without a start from here. */
      async learnAnew(every: number | null, field?: HTMLInputElement) {
        const before = this.every;
        this.every = every === null || Number.isNaN(every) ? null : Math.max(5, Math.min(100_000, Math.round(every)));
        // What was kept before may be the same: then nothing else writes it back.
        if (field && this.every !== null) field.value = String(this.every);
        this.problem = null;
        try {
          await api.patch<AnnotationTask>(args.base, { autoEvery: this.every });
        } catch (error) {
          this.problem = error;
          this.every = before;
        }
      },
      async stop() {
        try {
          this.take(await api.post<AutoAnnotation>(`${args.base}/auto/stop`));
        } catch (error) {
          this.problem = error;
        }
      },
      async choose(what: 'accept' | 'reject', body: object) {
        this.busy = true;
        try {
          const reply = await api.post<LabelledMany>(`${args.base}/proposals/${what}`, body);
          toast('success', t(`auto.${what}ed`, { n: reply.saved.length }));
          args.accepted();
          await this.load();
        } catch (error) {
          toastError(error);
        } finally {
          this.busy = false;
        }
      },
      acceptAll() {
        return this.choose('accept', { above: this.above / 100 });
      },
      rejectAll() {
        return this.choose('reject', {});
      },
    });
  },
});

export async function openAuto(args: Args): Promise<void> {
  await openDialog(auto, args);
}
