/** The Annotation menu: the tasks, their progress, and what can be done with each. For annotators it is the home page. */
import type { AnnotationPart, AnnotationTask } from '../../server/http/annotation-schemas.ts';
import { api } from '../api.ts';
import { confirm } from '../components/confirm.ts';
import { openMenu } from '../components/menu.ts';
import { closePanel, openPanel } from '../components/panel.ts';
import { columnsOf, emptyState, tableOf, tableView } from '../components/table.ts';
import { toast, toastError } from '../components/toast.ts';
import '../i18n/areas/annotation.ts';
import { inLanguage, t } from '../i18n/language.ts';
import { onChange } from '../live/events.ts';
import { liveList } from '../live/list.ts';
import { component } from '../mount.ts';
import { page, pageHead } from '../page.ts';
import { go } from '../router.ts';
import { me, remember, remembered } from '../session.ts';
import { changeReviewer, reassign } from './annotation-assign.ts';
import { askReturn } from './annotation-dialogs.ts';

const names = (task: AnnotationTask) => task.parts.map((part) => part.userName || t('work.pool')).join(', ');
const columns = columnsOf<AnnotationTask>()([
  {
    key: 'datasetName',
    title: 'annotation.dataset',
    value: (row) => row.datasetName,
    search: true,
    className: 'grow',
    cell: `<a class="row-name" :href="address(row)"><span x-text="row.datasetName"></span></a> <span class="field-note" x-text="'v' + row.datasetVersion"></span>`,
  },
  { key: 'projectName', title: 'annotation.project', value: (row) => row.projectName, search: true, className: 'given from-800' },
  { key: 'type', title: 'annotation.type', value: (row) => row.type, cell: `<span x-text="$t('type.' + row.type)"></span>`, className: 'narrow from-1000' },
  { key: 'model', title: 'annotation.model', value: (row) => row.model, cell: `<span x-text="model(row)"></span>`, className: 'from-700' },
  {
    key: 'total',
    title: 'annotation.total',
    value: (row) => (row.count ? (row.done + row.deleted) / row.count : 0),
    cell: `<span class="number" x-text="total(row)"></span><div class="row-progress" x-progress.thin="progress(row)"></div>`,
    className: 'narrow',
  },
  { key: 'status', title: 'annotation.status', value: (row) => row.status, cell: `<span x-status:annotation="row.status"></span>`, className: 'narrow' },
  {
    key: 'annotator',
    title: 'annotation.annotator',
    value: names,
    search: true,
    cell: `<span x-text="people(row)" :title="people(row)"></span>`,
    className: 'given',
  },
  {
    key: 'createdAt',
    title: 'annotation.created',
    value: (row) => row.createdAt,
    cell: `<span x-time.day="row.createdAt"></span>`,
    className: 'narrow number from-900',
  },
  {
    key: 'updatedAt',
    title: 'annotation.updated',
    value: (row) => row.updatedAt,
    cell: `<span x-time.day="row.updatedAt"></span>`,
    className: 'narrow number from-1000',
  },
]);

export default page({
  title: 'annotation.title',
  help: {
    ko: `# 라벨링 메뉴
라벨이 없는 데이터셋을 나누어 맡아 라벨을 다는 곳입니다.
# 일감 나누기
- 데이터 메뉴에서 데이터셋의 더 보기(⋮) → 라벨 추가를 누르고 작업자를 고르면 이미지가 똑같이 나뉩니다.
# 작업하기
- 이름을 누르면 라벨링 화면이 열립니다. 바꾼 내용은 저절로 저장됩니다.
- 맡은 이미지를 모두 마치면 작업 완료 알림을 눌러 검수자에게 알립니다.
# 검수와 완료
- 일감을 나눈 개발자가 검수자입니다. 이미지를 승인하거나 의견과 함께 돌려보낼 수 있습니다.
- 모든 이미지에 라벨이 있거나 삭제 표시가 되어 있으면 완료할 수 있습니다. 완료하면 라벨이 하나로 합쳐져 데이터셋에 추가됩니다.`,
    en: `# The Annotation menu
Here people label the pictures of datasets that have no labels, each a part.
# Distributing
- In Data, choose Add Label in a dataset’s More menu (⋮) and tick the people; the pictures are divided evenly.
# Labelling
- Press a name to open the work screen. Changes save themselves.
- When your pictures are done, press Report as done to tell the reviewer.
# Review and Complete
- The developer who distributed reviews. Pictures can be accepted, or returned with a comment.
- Complete is possible when every picture is labelled or marked to delete. It merges the parts into the dataset’s labels.`,
  },
  template: `${pageHead('annotation.title', 'annotation.purpose')}
    ${tableView(columns, {
      state: 'list',
      caption: 'annotation.list',
      rowName: 'row.datasetName',
      menu: 'menu($el, row)',
      open: 'openRow(row)',
      period: true,
      filters: `<label class="check"><input type="checkbox" :checked="list.only === 'mine'" @change="onlyMine($el.checked)"><span x-t="annotation.mine"></span></label>`,
      // Annotators have no Data menu that they could be sent to.
      empty: `<template x-if="$me.developer">${emptyState({ icon: 'tags', title: 'annotation.empty.title', text: 'annotation.empty.text' })}</template>
        <template x-if="!$me.developer">${emptyState({ icon: 'tags', title: 'annotation.empty.title', text: 'annotation.empty.annotator' })}</template>`,
    })}`,
  component: (route) =>
    component({
      list: tableOf(columns, {
        name: 'annotations',
        date: (row) => row.createdAt,
        sort: { key: 'createdAt', down: true },
        keep: (row) => row.mine,
        only: (remembered('annotations.mine') ?? (me.developer ? 'no' : 'yes')) === 'yes' ? 'mine' : '',
      }),
      init() {
        this.$watch('list.only', (only: string) => remember('annotations.mine', only === 'mine' ? 'yes' : 'no'));
        liveList({
          kind: 'annotation',
          signal: route.signal,
          load: () => api.get<AnnotationTask[]>('/api/annotation/tasks', undefined, route.signal),
          changed: (rows) => this.list.set(rows),
          failed: (error) => this.list.fail(error),
        });
      },
      onlyMine(checked: boolean) {
        this.list.only = checked ? 'mine' : '';
        this.list.search();
      },
      address: (row: AnnotationTask) => `/annotations/${row.id}`,
      openRow(row: AnnotationTask) {
        void go(this.address(row));
      },
      model: (row: AnnotationTask) => t(`model.${row.model}`),
      people: names,
      total: (row: AnnotationTask) => t('annotation.total.of', { done: row.done + row.deleted, total: row.count }),
      progress: (row: AnnotationTask) => ({ phase: 'annotate', done: row.done + row.deleted, total: row.count, rate: null, remainingSeconds: null }),
      menu(anchor: HTMLElement, row: AnnotationTask) {
        openMenu(anchor, [
          { text: t('annotation.show'), icon: 'tags', run: () => this.openRow(row) },
          { text: t('annotation.parts'), icon: 'users', run: () => showParts(row, route.signal) },
          ...(row.actions.includes('reviewer') ? [{ text: t('assign.reviewer'), icon: 'user-check', run: () => void otherReviewer(row) }] : []),
          ...(row.actions.includes('delete')
            ? [{ text: t('annotation.delete'), icon: 'trash-2', danger: true, separated: true, run: () => void giveUp(row) }]
            : []),
        ]);
      },
    }),
});

async function otherReviewer(task: AnnotationTask): Promise<void> {
  try {
    const changed = await changeReviewer(task);
    if (changed && changed.reviewerId !== task.reviewerId) toast('success', t('assign.reviewer.done', { name: changed.reviewerName }));
  } catch (error) {
    toastError(error);
  }
}

async function giveUp(task: AnnotationTask): Promise<void> {
  const sure = await confirm(() => ({
    title: t('annotation.delete.title', { name: task.datasetName }),
    text: t(task.status === 'completed' ? 'annotation.delete.completed' : 'annotation.delete.text'),
    points: task.done && task.status !== 'completed' ? [t('annotation.delete.labels', { n: task.done })] : [],
    ok: t('annotation.delete'),
    danger: true,
  }));
  if (!sure) return;
  try {
    await api.remove(`/api/annotation/tasks/${task.id}`);
    toast('success', t('annotation.deleted'));
  } catch (error) {
    toastError(error);
  }
}

/** Who has which part, how far it is, and what the reviewer can do with it. `signal`: the page is left. */
function showParts(first: AnnotationTask, signal: AbortSignal): void {
  const closed = new AbortController();
  signal.addEventListener('abort', closePanel, { signal: closed.signal });
  openPanel({
    onClose: () => closed.abort(),
    title: 'annotation.parts',
    template: `<div class="stack"><p><b data-verbatim x-text="task.datasetName"></b></p><p class="field-note" x-text="$t('annotation.reviewer', { name: task.reviewerName })"></p>
      <div x-problem="failure()"></div>
      <ul class="part-list"><template x-for="part in task.parts" :key="part.id"><li class="box"><div class="box-body">
        <div class="part-head"><b data-verbatim x-text="name(part)"></b><span x-status:part="part.status"></span></div>
        <div x-progress.thin="progress(part)"></div><p class="field-note" x-text="counts(part)"></p>
        <p class="field-note pre-line" x-show="part.comment" data-verbatim x-text="part.comment"></p>
        <div class="review-buttons" x-show="may('review')"><button type="button" class="button small" x-show="part.status === 'done'" @click="accept(part)" x-t="annotation.accept"></button><button type="button" class="button small" x-show="part.status === 'done' || part.status === 'accepted'" @click="back(part)" x-t="annotation.return"></button><button type="button" class="button small" x-show="may('reassign') && part.open > 0" @click="again(part)" x-t="annotation.reassign"></button></div>
      </div></li></template></ul></div>`,
    component: component({
      task: first,
      init() {
        onChange('annotation', { signal: closed.signal }, (id, record) => {
          if (id !== first.id) return;
          if (record) this.task = record;
          else closePanel();
        });
      },
      may(action: AnnotationTask['actions'][number]) {
        return this.task.actions.includes(action);
      },
      failure() {
        return this.task.failure ? inLanguage(this.task.failure) : null;
      },
      name: (part: AnnotationPart) => part.userName || t('work.pool'),
      counts: (part: AnnotationPart) =>
        t('annotation.part.counts', { done: part.done, count: part.count, deleted: part.deleted, returned: part.returned, accepted: part.accepted }),
      progress: (part: AnnotationPart) => ({ phase: 'annotate', done: part.done + part.deleted, total: part.count, rate: null, remainingSeconds: null }),
      async act(run: () => Promise<AnnotationTask | undefined>) {
        try {
          this.task = (await run()) ?? this.task;
        } catch (error) {
          toastError(error);
        }
      },
      accept(part: AnnotationPart) {
        return this.act(() => api.post<AnnotationTask>(`/api/annotation/tasks/${this.task.id}/parts/${part.id}/accept`));
      },
      back(part: AnnotationPart) {
        return this.act(async () => {
          const comment = await askReturn(true);
          return comment === undefined ? undefined : api.post<AnnotationTask>(`/api/annotation/tasks/${this.task.id}/parts/${part.id}/return`, { comment });
        });
      },
      again(part: AnnotationPart) {
        return this.act(() => reassign(this.task, part));
      },
    }),
  });
}
