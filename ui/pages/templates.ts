/** The templates of the group: the list, and what the chosen one holds; from here one enters template mode. */
import type { Template, TemplateDetails } from '../../server/http/library-schemas.ts';
import { api } from '../api.ts';
import { epochGraphs } from '../charts/epochs.ts';
import { confirm } from '../components/confirm.ts';
import { openMenu } from '../components/menu.ts';
import { columnsOf, emptyState, tableOf, tableView } from '../components/table.ts';
import { toast, toastError } from '../components/toast.ts';
import { effect } from '../effect.ts';
import '../i18n/areas/experiments.ts';
import '../i18n/areas/library.ts';
import '../i18n/areas/preprocess.ts';
import '../i18n/areas/run.ts';
import * as format from '../i18n/format.ts';
import { inLanguage, t, textOf } from '../i18n/language.ts';
import { inTurn, onChange, onPresets } from '../live/events.ts';
import { loaded } from '../live/project.ts';
import { templateMode, useTemplate } from '../live/template.ts';
import { component, icon } from '../mount.ts';
import { page, pageHead } from '../page.ts';
import { gpuText, memoryText } from './configuration.ts';
import { splitFacts } from './data-split.ts';
import { parameterFacts } from './parameters.ts';
import { startText } from './start.ts';

const columns = columnsOf<Template>()([
  {
    key: 'name',
    title: 'template.name',
    value: (row) => row.name,
    search: true,
    className: 'grow',
    cell: `<button type="button" class="link-button row-name" @click.stop="choose(row.id)" x-text="row.name"></button> <span class="chip plain blue" x-show="inUse(row)" x-t="template.inUse"></span><span class="chip plain amber" x-show="row.misfit" :title="why(row)" x-t="template.misfit"></span>`,
  },
  { key: 'group', title: 'template.group', value: (row) => row.groupName, search: true, cell: `<span x-text="row.groupName"></span>`, className: 'given' },
  {
    key: 'dataset',
    title: 'template.dataset',
    value: (row) => row.datasetName,
    search: true,
    cell: `<span x-text="row.datasetName"></span>`,
    className: 'given',
  },
  { key: 'createdAt', title: 'template.created', value: (row) => row.createdAt, cell: `<span x-time.day="row.createdAt"></span>`, className: 'narrow number' },
  { key: 'owner', title: 'template.owner', value: (row) => row.ownerName, search: true, cell: `<span x-text="row.ownerName"></span>`, className: 'given' },
]);

const facts = (title: 'template.model' | 'template.chain' | 'template.resources' | 'template.parameters', of: string) =>
  `<section><h3 x-t="${title}"></h3><dl class="conf-facts"><template x-for="fact in ${of}" :key="fact.name"><div><dt x-text="fact.name"></dt><dd x-text="fact.value"></dd></div></template></dl></section>`;

const detail = `<aside class="box template-detail"><div class="box-head"><h2 x-t="template.detail"></h2></div><div class="box-body stack">
    <p class="muted" x-show="!details && !problem" x-t="template.choose"></p><div x-problem="problem"></div>
    <div class="stack" x-show="details"><h3 class="panel-title" x-text="details ? details.template.name : ''"></h3>
      <button type="button" class="button primary large" :disabled="!mayLoad()" @click="load(details ? details.template : null)">${icon('workflow')}<span x-t="template.load"></span></button>
      <p class="field-error" role="alert" x-show="reason()" x-text="reason()"></p>
      <section><h3 x-t="template.result"></h3><div x-ref="charts"></div><p class="muted" x-show="details && !details.epochs.length" x-t="template.noGraph"></p></section>
      ${facts('template.model', 'modelFacts()')}<div x-show="chainFacts().length">${facts('template.chain', 'chainFacts()')}</div>${facts('template.resources', 'resourceFacts()')}${facts('template.parameters', 'parameterFacts()')}</div></div></aside>`;

export default page({
  title: 'template.title',
  help: {
    ko: `# 템플릿
잘된 학습의 데이터 분할, 알고리즘, 파라미터, 자원을 저장한 것입니다.
# 사용하기
- 목록에서 템플릿을 선택하면 결과와 설정을 볼 수 있습니다.
- 템플릿 불러오기를 누르면 템플릿 모드가 됩니다. 화면 위쪽에 템플릿 이름이 표시됩니다.
- 템플릿 모드에서는 초안의 학습(Run)에서 시작만 누르면 됩니다.
- 화면 위쪽의 취소를 누르면 템플릿 모드가 끝납니다.`,
    en: `# Template
The data split, algorithm, parameters and resources of a training that went well.
# Using one
- Choose a template in the list to see its result and settings.
- Load Template enters template mode; its name stands in the top bar.
- In template mode, open Run of a draft and press Start.
- Cancel in the top bar leaves the mode.`,
  },
  template: `${pageHead('template.title', 'template.purpose')}<div class="template-grid">
    ${tableView(columns, {
      state: 'list',
      caption: 'template.list',
      rowName: 'row.name',
      menu: 'menu($el, row)',
      selectable: true,
      period: true,
      empty: emptyState({
        icon: 'workflow',
        title: 'template.empty.title',
        text: 'template.empty.text',
        buttons: `<a class="button primary" x-show="$loaded.project" :href="experiments()">${icon('flask-conical')}<span x-t="template.toExperiments"></span></a>`,
      }),
    })}${detail}</div>`,
  component: (route) => {
    const graphs = epochGraphs(route.signal);
    let wanted = Number(route.query.get('template'));
    const listInTurn = inTurn();
    return component({
      list: tableOf(columns, { name: 'templates', date: (row) => row.createdAt, sort: { key: 'createdAt', down: true } }),
      details: null as TemplateDetails | null,
      problem: null as unknown,
      async init() {
        // Whether one fits the loaded project comes with the list alone.
        onChange('template', { signal: route.signal }, (id, record) => void this.heard(id, record));
        onPresets(route.signal, () => void this.reload());
        const fitted = effect(() => {
          void loaded.project?.id;
          void this.reload();
        });
        route.signal.addEventListener('abort', fitted);
        const followed = effect(() => {
          const { selected } = this.list;
          void this.show(selected);
        });
        route.signal.addEventListener('abort', followed);
        void this.$nextTick(() => {
          if (!route.signal.aborted) graphs.attach(this.$refs.charts as HTMLElement, () => this.details?.template.name ?? '');
        });
      },
      /** The one that the address names is chosen when it is first there. */
      chooseWanted() {
        if (wanted && this.list.rows.some((row) => row.id === wanted)) this.list.selected = wanted;
        wanted = 0;
      },
      async reload() {
        try {
          const project = loaded.project?.id;
          const rows = await listInTurn(() => api.get<Template[]>('/api/templates', { projectId: project }, route.signal));
          // Another project has been loaded meanwhile.
          if (!rows || project !== loaded.project?.id) return;
          this.list.set(rows);
          this.chooseWanted();
        } catch (error) {
          if (!route.signal.aborted) this.list.fail(error);
        }
      },
      async heard(id: number, record: Template | null) {
        if (!record && this.list.selected === id) this.list.selected = null;
        await this.reload();
      },
      choose(id: number) {
        this.list.selected = id;
      },
      async show(id: number | null) {
        this.problem = null;
        if (id === null) {
          this.details = null;
          return;
        }
        try {
          const details = await api.get<TemplateDetails>(`/api/templates/${id}`, undefined, route.signal);
          if (this.list.selected !== id) return;
          this.details = Object.freeze(details);
          graphs.set(details.epochs);
        } catch (error) {
          if (!route.signal.aborted) this.problem = error;
        }
      },
      experiments() {
        return `/projects/${loaded.project?.id ?? 0}/experiments`;
      },
      inUse(row: Template) {
        return templateMode.template?.id === row.id;
      },
      why(row: Template) {
        return row.misfit ? inLanguage(row.misfit) : '';
      },
      reason() {
        const row = this.list.selectedRow();
        return row ? this.why(row) : '';
      },
      mayLoad() {
        return this.details !== null && !this.reason() && templateMode.template?.id !== this.details.template.id;
      },
      load(template: Template | null) {
        if (!template) return;
        useTemplate(template);
        toast('success', t('template.loaded'));
      },
      modelFacts() {
        const { details } = this;
        if (!details) return [];
        const { template, result, modelBytes } = details;
        return [
          { name: t('template.model.name'), value: template.experimentName },
          { name: t('template.model.size'), value: modelBytes === null ? '–' : format.bytes(modelBytes) },
          { name: t('template.model.algorithm'), value: template.algorithm },
          { name: t('template.model.parameters'), value: result ? format.count(result.parameters) : '–' },
        ];
      },
      resourceFacts() {
        const { details } = this;
        if (!details) return [];
        const name = { name: t('run.conf.name'), value: details.config.preset };
        const { preset } = details;
        if (!preset) return [name, { name: '', value: t('template.presetGone') }];
        return [
          name,
          { name: t('run.preset.gpu'), value: gpuText(preset) },
          { name: t('run.preset.cpu'), value: t('run.preset.cores', { n: preset.cores }) },
          { name: t('run.preset.ram'), value: memoryText(preset) },
        ];
      },
      chainFacts() {
        return (this.details?.template.chain ?? []).map(({ method, parameters }, index) => ({
          name: `${index + 1}. ${textOf(`preprocess.${method}`) ?? method}`,
          value: Object.values(parameters).join(', '),
        }));
      },
      parameterFacts() {
        const { details } = this;
        if (!details) return [];
        const { split, parameters } = details.config;
        const start = details.config.start ? [{ name: t('start.label'), value: startText(details.config.start) }] : [];
        return [...splitFacts(split), ...start, ...parameterFacts(parameters)];
      },
      menu(anchor: HTMLElement, row: Template) {
        openMenu(anchor, [
          { text: t('template.load'), icon: 'workflow', run: () => this.load(row), ...(row.misfit ? { disabled: true, note: inLanguage(row.misfit) } : {}) },
          {
            text: t('template.delete'),
            icon: 'trash-2',
            danger: true,
            separated: true,
            ...(row.editable ? {} : { disabled: true, note: t('template.readonly') }),
            run: () => void this.remove(row),
          },
        ]);
      },
      async remove(row: Template) {
        const sure = await confirm(() => ({
          title: t('template.delete.title', { name: row.name }),
          text: t('template.delete.text'),
          ok: t('action.delete'),
          danger: true,
        }));
        if (!sure) return;
        try {
          await api.remove(`/api/templates/${row.id}`);
          if (templateMode.template?.id === row.id) useTemplate(null);
          toast('success', t('template.deleted'));
          await this.reload();
        } catch (error) {
          toastError(error);
        }
      },
    });
  },
});
