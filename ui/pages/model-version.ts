/** A version of a model: download, description, tags, what it is worth, and the log of what was done with it. */
import type { ModelVersionDetails } from '../../server/http/library-schemas.ts';
import { api } from '../api.ts';
import { confirm } from '../components/confirm.ts';
import { field, select } from '../components/field.ts';
import { openMenu } from '../components/menu.ts';
import { toast, toastError } from '../components/toast.ts';
import { keepPlace } from '../frame/place.ts';
import '../i18n/areas/experiments.ts';
import '../i18n/areas/library.ts';
import '../i18n/areas/run.ts';
import * as format from '../i18n/format.ts';
import { inLanguage, t } from '../i18n/language.ts';
import { inTurn, onChange, onResync } from '../live/events.ts';
import { component, icon } from '../mount.ts';
import { page } from '../page.ts';
import { go } from '../router.ts';
import { warning, warningNotice } from './experiment-state.ts';
import { parameterFacts } from './parameters.ts';

const tagsIn = (text: string) => [
  ...new Set(
    text
      .split(',')
      .map((tag) => tag.trim())
      .filter(Boolean),
  ),
];

export default page({
  title: 'version.title',
  help: {
    ko: `# 모델 버전
- 모델 파일(ONNX)을 PC로 내려받거나, 포맷 변환에서 PyTorch 형식(safetensors)으로 받을 수 있습니다.
- 설명과 태그는 그룹의 모든 사람에게 보입니다.
- 등록과 변경은 모두 변경 기록에 남습니다.`,
    en: `# A version of a model
- Download the model (ONNX) to your PC, or take it in the format of PyTorch (safetensors) under Format.
- Everybody of the group sees the description and the tags.
- Registration and every change stand in the log.`,
  },
  template: `<header class="page-head"><div><h1 x-text="heading()"></h1><p x-text="about()"></p></div><div class="page-actions"><a class="button primary" x-show="details" :href="file('model.onnx')" download>${icon('download')}<span x-t="version.download.onnx"></span></a><button type="button" class="icon-button" x-show="details" aria-haspopup="menu" @click="menu($el)" :aria-label="$t('table.more', { name: heading() })">${icon('ellipsis-vertical')}</button></div></header>
    <div x-problem="problem"></div>${warningNotice('details && details.version.result')}
    <div class="details-grid" x-show="details"><div class="stack">
      <section class="box"><div class="box-head"><h2 x-t="version.edit"></h2></div><form class="box-body form-body" novalidate @submit.prevent="save()">
        ${field({ model: 'description', label: 'version.description', type: 'textarea', maxLength: 2000, disabled: 'locked()' })}${field({ model: 'tags', label: 'version.tags', note: 'version.tags.note', error: 'wrong()', disabled: 'locked()' })}
        <div><button type="submit" class="button primary" :disabled="!dirty() || wrong() !== '' || saving" :aria-busy="saving ? 'true' : 'false'" x-t="action.save"></button></div></form></section>
      <section class="box format-box"><div class="box-head"><h2 x-t="version.format"></h2><button type="button" x-hint="version.format.hint"></button></div><div class="box-body stack"><dl class="conf-facts"><div><dt x-t="version.format.now"></dt><dd>ONNX</dd></div></dl>
        ${select({
          model: 'format',
          label: 'version.format.to',
          choices: [
            { value: 'weights.safetensors', text: 'version.format.pytorch' },
            { value: 'model.onnx', text: 'version.format.onnx' },
          ],
        })}<p class="muted" x-text="$t(format === 'model.onnx' ? 'version.format.onnx.note' : 'version.format.pytorch.note')"></p><pre class="format-code" data-verbatim x-show="format !== 'model.onnx' && loading()" x-text="loading()"></pre>
        <div><a class="button" :href="file(format)" download>${icon('download')}<span x-t="version.format.get"></span></a></div></div></section>
      <section class="box"><div class="box-head"><h2 x-t="details.evaluation"></h2></div><div class="table-scroll" tabindex="0" role="region" x-t:aria-label="details.evaluation"><table class="table evaluation"><thead><tr><th scope="col" x-t="details.evaluator"></th><th scope="col" class="end" x-t="details.training"></th><th scope="col" class="end" x-t="details.validation"></th><th scope="col" class="end" x-t="details.test"></th></tr></thead><tbody><template x-for="row in scores()" :key="row.name"><tr><th scope="row" x-text="row.name"></th><template x-for="(value, index) in row.values" :key="index"><td class="end number" x-text="value"></td></template></tr></template></tbody></table></div></section>
      <section class="box"><div class="box-head"><h2 x-t="version.log"></h2></div><div class="table-scroll" tabindex="0" role="region" x-t:aria-label="version.log"><table class="table"><thead><tr><th scope="col" class="narrow end" x-t="version.log.index"></th><th scope="col" x-t="version.log.at"></th><th scope="col" class="grow" x-t="version.log.content"></th><th scope="col" x-t="version.log.who"></th></tr></thead><tbody><template x-for="row in log()" :key="row.index"><tr><td class="end number" x-text="row.index"></td><td class="number"><span x-time="row.at"></span></td><td class="wrap" x-text="said(row)"></td><td x-text="row.modifier"></td></tr></template></tbody></table></div></section></div>
      <section class="box"><div class="box-head"><h2 x-t="version.facts"></h2></div><div class="box-body stack"><dl class="conf-facts"><template x-for="fact in facts()" :key="fact.name"><div><dt x-text="fact.name"></dt><dd x-text="fact.value"></dd></div></template></dl><a class="button" :href="experiment()">${icon('flask-conical')}<span x-t="version.toExperiment"></span></a></div></section></div>`,
  component: (route) => {
    const id = Number(route.params.id);
    const detailsInTurn = inTurn();
    return component({
      details: null as ModelVersionDetails | null,
      description: '',
      tags: '',
      format: 'weights.safetensors' as 'weights.safetensors' | 'model.onnx',
      saving: false,
      problem: null as unknown,
      async init() {
        route.guard(() => this.dirty());
        try {
          this.take(await api.get<ModelVersionDetails>(`/api/model-versions/${id}`, undefined, route.signal));
        } catch (error) {
          if (!route.signal.aborted) this.problem = error;
          return;
        }
        const modelId = this.details?.model.id;
        onChange('model', { signal: route.signal }, (changed, record) => {
          if (changed === modelId && record) void this.again();
        });
        onResync(route.signal, () => void this.again());
        keepPlace(route.signal, () => [
          { text: t('model.title'), to: '/models' },
          { text: this.details?.model.name ?? '', to: `/models/${this.details?.model.id ?? 0}` },
          { text: `v${this.details?.version.version ?? ''}` },
        ]);
      },
      async again() {
        const details = await detailsInTurn(() => api.get<ModelVersionDetails>(`/api/model-versions/${id}`, undefined, route.signal)).catch(() => null);
        if (details) this.take(details);
      },
      /** What is just being typed here is not overwritten by what a colleague does, or by a line more in the log. */
      take(details: ModelVersionDetails) {
        const typing = !this.saving && this.dirty();
        this.details = Object.freeze(details);
        if (typing) return;
        this.description = details.version.description;
        this.tags = details.version.tags.join(', ');
      },
      heading() {
        const { details } = this;
        return details ? t('version.heading', { name: details.model.name, n: details.version.version }) : t('version.title');
      },
      about() {
        const version = this.details?.version;
        return version ? [version.algorithm, version.datasetName, version.developerName].join(' · ') : '';
      },
      locked() {
        return this.details?.model.editable !== true;
      },
      warning,
      file(name: string) {
        return `/api/model-versions/${id}/${name}`;
      },
      /** How a Python program reads the weights; '' for a structure that torchvision does not have. */
      loading() {
        const version = this.details?.version;
        if (!version || version.algorithm === 'smallnet') return '';
        const { algorithm, result } = version;
        return `from safetensors.torch import load_file\nfrom torchvision import models\n\nmodel = models.${algorithm}(num_classes=${result.classes.length})\nmodel.load_state_dict(load_file('${this.details?.model.name}-v${version.version}.safetensors'))`;
      },
      experiment() {
        return `/experiments/${this.details?.version.experimentId ?? 0}`;
      },
      wrong() {
        const list = tagsIn(this.tags);
        return list.length > 20 || list.some((tag) => tag.length > 40) ? t('version.tags.wrong') : '';
      },
      dirty() {
        const version = this.details?.version;
        return version !== undefined && !this.locked() && (version.description !== this.description || version.tags.join() !== tagsIn(this.tags).join());
      },
      async save() {
        if (!this.dirty() || this.wrong()) return;
        this.saving = true;
        this.problem = null;
        try {
          this.take(await api.patch<ModelVersionDetails>(`/api/model-versions/${id}`, { description: this.description, tags: tagsIn(this.tags) }));
          toast('success', t('model.saved'));
        } catch (error) {
          this.problem = error;
        } finally {
          this.saving = false;
        }
      },
      scores() {
        const of = this.details?.version.result.evaluation;
        if (!of) return [];
        const parts = [of.training, of.validation, of.test];
        return [
          { name: t('details.accuracy'), values: parts.map((part) => (part ? format.decimal(part.accuracy) : '–')) },
          { name: t('details.loss'), values: parts.map((part) => (part ? format.decimal(part.loss, 4) : '–')) },
          { name: t('details.images'), values: parts.map((part) => (part ? format.count(part.count) : '–')) },
        ];
      },
      /** The newest first. */
      log() {
        return [...(this.details?.log ?? [])].reverse();
      },
      said(row: ModelVersionDetails['log'][number]) {
        return inLanguage(row);
      },
      facts() {
        const version = this.details?.version;
        if (!version) return [];
        return [
          { name: t('model.experiment'), value: version.experimentName },
          { name: t('fact.dataset'), value: version.datasetName },
          { name: t('fact.algorithm'), value: version.algorithm },
          { name: t('fact.classes'), value: format.count(version.result.classes.length) },
          { name: t('model.size'), value: format.bytes(version.sizeBytes) },
          { name: t('version.registered'), value: format.dayAndTime(version.createdAt) },
          ...parameterFacts(version.parameters),
        ];
      },
      menu(anchor: HTMLElement) {
        const locked = this.locked() ? { disabled: true, note: t('model.readonly') } : {};
        openMenu(anchor, [{ text: t('version.delete'), icon: 'trash-2', danger: true, ...locked, run: () => void this.remove() }]);
      },
      async remove() {
        const { details } = this;
        if (!details) return;
        const sure = await confirm(() => ({
          title: t('version.delete.title', { n: details.version.version }),
          text: t('model.delete.text'),
          ok: t('action.delete'),
          danger: true,
        }));
        if (!sure) return;
        try {
          await api.remove(`/api/model-versions/${id}`);
          this.description = details.version.description;
          this.tags = details.version.tags.join(', ');
          toast('success', t('version.deleted'));
          await go(`/models/${details.model.id}`);
        } catch (error) {
          toastError(error);
        }
      },
    });
  },
});
