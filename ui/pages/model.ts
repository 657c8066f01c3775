/** A model: its versions, and how many of them are kept. */
import type { ModelDetails, ModelVersion } from '../../server/http/library-schemas.ts';
import { api } from '../api.ts';
import { confirm } from '../components/confirm.ts';
import { checkbox, field, numberProblem } from '../components/field.ts';
import { openMenu } from '../components/menu.ts';
import { columnsOf, tableOf, tableView } from '../components/table.ts';
import { toast } from '../components/toast.ts';
import { keepPlace } from '../frame/place.ts';
import '../i18n/areas/library.ts';
import * as format from '../i18n/format.ts';
import { t } from '../i18n/language.ts';
import { problemText } from '../i18n/problem.ts';
import { inTurn, onChange, onResync } from '../live/events.ts';
import { component, icon } from '../mount.ts';
import { page } from '../page.ts';
import { go } from '../router.ts';
import { deleteModel, markSeen, renameModel, versionAccuracy, versionsToGo } from './model-actions.ts';

const columns = columnsOf<ModelVersion>()([
  {
    key: 'version',
    title: 'model.version',
    value: (row) => row.version,
    cell: `<a class="row-name" :href="'/model-versions/' + row.id" x-text="'v' + row.version"></a>`,
    className: 'narrow',
  },
  {
    key: 'developer',
    title: 'model.developer',
    value: (row) => row.developerName,
    search: true,
    cell: `<span x-text="row.developerName"></span>`,
    className: 'from-700',
  },
  {
    key: 'experiment',
    title: 'model.experiment',
    value: (row) => row.experimentName,
    search: true,
    cell: `<span x-text="row.experimentName"></span>`,
    className: 'grow',
  },
  { key: 'algorithm', title: 'model.algorithm', value: (row) => row.algorithm, search: true },
  { key: 'accuracy', title: 'model.accuracy', value: versionAccuracy, cell: `<span x-text="accuracy(row)"></span>`, align: 'end', className: 'narrow number' },
  {
    key: 'tags',
    title: 'model.tags',
    value: (row) => row.tags.join(', '),
    search: true,
    cell: `<template x-for="tag in row.tags" :key="tag"><span class="chip plain grey" x-text="tag"></span></template>`,
    className: 'from-800',
  },
  {
    key: 'createdAt',
    title: 'model.created',
    value: (row) => row.createdAt,
    cell: `<span x-time="row.createdAt"></span>`,
    className: 'narrow number from-900',
  },
  {
    key: 'updatedAt',
    title: 'model.updated',
    value: (row) => row.updatedAt,
    cell: `<span x-time="row.updatedAt"></span>`,
    className: 'narrow number from-1000',
  },
]);

export default page({
  title: 'model.title',
  help: {
    ko: `# 모델 상세
- 같은 모델에 등록할 때마다 버전이 하나씩 올라갑니다.
- 최대 버전 수와 자동 삭제를 정하면 오래된 버전이 저절로 정리됩니다.
- 버전을 누르면 내려받기, 설명, 태그, 변경 기록을 볼 수 있습니다.`,
    en: `# A model
- Each registration to this model makes the next version.
- With a maximum and auto delete, old versions go by themselves.
- Open a version for its download, description, tags and log.`,
  },
  template: `<header class="page-head"><div><h1 x-text="name()"></h1><p x-text="about()"></p></div><div class="page-actions"><button type="button" class="icon-button" x-show="details" aria-haspopup="menu" @click="menu($el)" :aria-label="$t('table.more', { name: name() })">${icon('ellipsis-vertical')}</button></div></header>
    <div x-problem="problem"></div>
    <section class="box model-settings" x-show="details"><div class="box-head"><h2 x-t="model.settings"></h2></div><form class="box-body" novalidate @submit.prevent="save()">
      ${checkbox({ model: 'autoDelete', label: 'model.autoDelete', note: 'model.autoDelete.note', disabled: 'locked()' })}
      ${field({ model: 'maxVersions', label: 'model.maxVersions', type: 'number', min: 1, max: 1000, hint: 'model.maxVersions.hint', error: 'wrong()', disabled: 'locked()' })}
      <button type="submit" class="button primary" :disabled="!mayChange() || saving" :aria-busy="saving ? 'true' : 'false'" x-t="action.save"></button></form><p class="field-note model-loss" role="status" x-show="loss()" x-text="loss()"></p></section>
    ${tableView(columns, { state: 'list', caption: 'model.versions.list', rowName: "'v' + row.version", open: 'openRow(row)', empty: '' })}`,
  component: (route) => {
    const id = Number(route.params.id);
    const detailsInTurn = inTurn();
    return component({
      details: null as ModelDetails | null,
      list: tableOf(columns, { name: 'model-versions', sort: { key: 'version', down: true } }),
      autoDelete: false,
      maxVersions: 1,
      saving: false,
      problem: null as unknown,
      async init() {
        onChange('model', { signal: route.signal }, (changed, record) => {
          if (changed !== id) return;
          if (record) void this.load();
          else void go('/models', { replace: true });
        });
        onResync(route.signal, () => void this.load());
        await this.load();
        keepPlace(route.signal, () => [{ text: t('model.title'), to: '/models' }, { text: this.name() }]);
      },
      async load() {
        try {
          const details = await detailsInTurn(() => api.get<ModelDetails>(`/api/models/${id}`, undefined, route.signal));
          if (details) this.take(details);
        } catch (error) {
          if (!route.signal.aborted) this.list.fail(error);
        }
      },
      take(details: ModelDetails) {
        const changing = !this.saving && this.mayChange();
        this.details = Object.freeze(details);
        this.list.set(details.versions);
        // What is just being set here is not overwritten by what a colleague does.
        if (!changing) {
          this.autoDelete = details.model.autoDelete;
          this.maxVersions = details.model.maxVersions;
        }
        markSeen(details.model);
      },
      name() {
        return this.details?.model.name ?? t('model.title');
      },
      about() {
        const model = this.details?.model;
        return model ? [problemText(model), model.groupName, model.ownerName].join(' · ') : '';
      },
      locked() {
        return this.details?.model.editable !== true;
      },
      wrong() {
        return numberProblem(this.maxVersions, 1, 1000, true, t);
      },
      mayChange() {
        const model = this.details?.model;
        if (!model || this.locked() || this.wrong()) return false;
        return model.autoDelete !== this.autoDelete || model.maxVersions !== this.maxVersions;
      },
      /** The versions that saving would delete. */
      lost(): string[] {
        return this.details && this.autoDelete && this.mayChange() ? versionsToGo(this.details, this.maxVersions) : [];
      },
      loss() {
        const { length } = this.lost();
        return length ? t('model.willDelete', { n: length }) : '';
      },
      async save() {
        if (!this.mayChange()) return;
        const loses = () => {
          const points = this.lost();
          return { title: t('model.lose.title', { n: points.length }), text: t('model.delete.text'), points, ok: t('model.lose.ok'), danger: true };
        };
        if (this.lost().length && !(await confirm(loses))) return;
        this.saving = true;
        this.problem = null;
        try {
          this.take(await api.patch<ModelDetails>(`/api/models/${id}`, { autoDelete: this.autoDelete, maxVersions: this.maxVersions }));
          toast('success', t('model.saved'));
        } catch (error) {
          this.problem = error;
        } finally {
          this.saving = false;
        }
      },
      accuracy(row: ModelVersion) {
        return format.decimal(versionAccuracy(row));
      },
      openRow(row: ModelVersion) {
        void go(`/model-versions/${row.id}`);
      },
      async after(asked: Promise<boolean>, then: () => unknown) {
        if (await asked) await then();
      },
      menu(anchor: HTMLElement) {
        const { model } = this.details ?? {};
        if (!model) return;
        const locked = model.editable ? {} : { disabled: true, note: t('model.readonly') };
        openMenu(anchor, [
          { text: t('model.rename'), icon: 'pencil', ...locked, run: () => void renameModel(model) },
          {
            text: t('model.delete'),
            icon: 'trash-2',
            danger: true,
            separated: true,
            ...locked,
            run: () => void this.after(deleteModel(model), () => go('/models')),
          },
        ]);
      },
    });
  },
});
