/** Pretrained weights of the box: what there is, what of it fits; an administrator uploads, reads files of the server's folder, and deletes. */
import type { DroppedWeights, NewWeights, WeightsList, Weights as WeightsRow } from '../../server/http/weights-schemas.ts';
import { api } from '../api.ts';
import { confirm } from '../components/confirm.ts';
import { openDialog } from '../components/dialog.ts';
import { openMenu } from '../components/menu.ts';
import { closePanel, openPanel } from '../components/panel.ts';
import { statusWord } from '../components/status.ts';
import { columnsOf, emptyState, tableOf, tableView } from '../components/table.ts';
import { toast, toastError } from '../components/toast.ts';
import { keepPlace } from '../frame/place.ts';
import '../i18n/areas/library.ts';
import '../i18n/areas/weights.ts';
import * as format from '../i18n/format.ts';
import { inLanguage, t } from '../i18n/language.ts';
import { inTurn, onResync } from '../live/events.ts';
import { component, icon } from '../mount.ts';
import { page } from '../page.ts';
import { me } from '../session.ts';
import { uploadWeights } from './weights-upload.ts';

/** While something is read, it is asked for this often. */
const SOON_MS = 1500;

const columns = columnsOf<WeightsRow>()([
  {
    key: 'name',
    title: 'weights.name',
    value: (row) => row.name,
    search: true,
    className: 'grow',
    cell: `<button type="button" class="link-button row-name" @click.stop="look(row)" x-text="row.name"></button>`,
  },
  {
    key: 'state',
    title: 'weights.state',
    value: (row) => statusWord(row.state, 'weights'),
    cell: `<span x-status:weights="row.state"></span>`,
  },
  {
    key: 'architecture',
    title: 'weights.architecture',
    value: (row) => row.report?.architecture ?? '',
    search: true,
    cell: `<span x-text="row.report ? row.report.architecture : '–'"></span>`,
  },
  {
    key: 'fit',
    title: 'weights.fit',
    value: (row) => (row.report ? row.report.matched / row.report.total : null),
    cell: `<span x-text="fit(row)"></span>`,
    align: 'end',
    className: 'number',
  },
  {
    key: 'classes',
    title: 'weights.classes',
    value: (row) => row.report?.classes ?? null,
    cell: '<span x-text="classes(row)"></span>',
    align: 'end',
    className: 'narrow number from-700',
  },
  {
    key: 'sizeBytes',
    title: 'weights.size',
    value: (row) => row.sizeBytes,
    cell: `<span x-text="row.sizeBytes ? size(row.sizeBytes) : '–'"></span>`,
    align: 'end',
    className: 'number',
  },
  {
    key: 'owner',
    title: 'weights.owner',
    value: (row) => row.ownerName,
    search: true,
    cell: `<span x-text="row.ownerName"></span>`,
    className: 'given from-800',
  },
  {
    key: 'createdAt',
    title: 'weights.created',
    value: (row) => row.createdAt,
    cell: `<span x-time="row.createdAt"></span>`,
    className: 'narrow number from-900',
  },
]);

const classesText = ({ report }: WeightsRow) => (report?.classes ? format.count(report.classes) : '–');
const fitText = ({ report }: WeightsRow) => (report ? t('weights.fit.value', { matched: report.matched, total: report.total }) : '–');

const listOf = (key: 'renamed' | 'missing' | 'misshapen' | 'unexpected') =>
  `<section x-show="lists.${key}.count"><h3 x-text="$t('weights.${key}', { n: lists.${key}.count })"></h3>
    <ul class="tensor-names"><template x-for="line in lists.${key}.lines" :key="line"><li data-verbatim x-text="line"></li></template><li class="muted" x-show="lists.${key}.more" x-text="$t('weights.more', { n: lists.${key}.more })"></li></ul></section>`;

const details = `<div class="stack"><div class="notice" x-show="why()" role="status">${icon('triangle-alert')}<span x-text="why()"></span></div>
    <dl class="conf-facts"><template x-for="fact in facts()" :key="fact.name"><div><dt x-text="fact.name"></dt><dd x-text="fact.value"></dd></div></template></dl>
    <p class="notice" x-show="all">${icon('circle-check')}<span x-t="weights.all"></span></p>
    ${listOf('missing')}${listOf('misshapen')}${listOf('unexpected')}${listOf('renamed')}</div>`;

/** `signal`: the page is left. */
function openDetails(row: WeightsRow, signal: AbortSignal): void {
  const { report } = row;
  const closed = new AbortController();
  signal.addEventListener('abort', closePanel, { signal: closed.signal });
  const of = (count: number, lines: string[]) => ({ count, lines, more: Math.max(0, count - lines.length) });
  openPanel({
    onClose: () => closed.abort(),
    title: 'weights.details',
    template: details,
    component: component({
      why: () => (row.failure ? inLanguage(row.failure) : ''),
      all: report !== null && report.matched === report.total && report.unexpected.count === 0,
      facts: () => [
        { name: t('weights.name'), value: row.name },
        { name: t('weights.source'), value: row.sourceName },
        ...(report
          ? [
              { name: t('weights.format'), value: { safetensors: 'safetensors', torch: 'PyTorch', onnx: 'ONNX' }[report.format] },
              { name: t('weights.architecture'), value: report.architecture },
              { name: t('weights.fit'), value: fitText(row) },
              { name: t('weights.classes'), value: report.classes === null ? t('weights.classes.none') : format.count(report.classes) },
              { name: t('weights.size'), value: format.bytes(row.sizeBytes) },
            ]
          : []),
        { name: t('weights.owner'), value: row.ownerName },
        { name: t('weights.created'), value: format.dayAndTime(row.createdAt) },
      ],
      lists: {
        renamed: of(report?.renamed.count ?? 0, report?.renamed.first.map(({ from, to }) => `${from} → ${to}`) ?? []),
        missing: of(report?.missing.count ?? 0, report?.missing.first ?? []),
        misshapen: of(
          report?.misshapen.length ?? 0,
          report?.misshapen.map(({ name, expected, found }) => `${name}: [${found.join(', ')}] ≠ [${expected.join(', ')}]`) ?? [],
        ),
        unexpected: of(report?.unexpected.count ?? 0, report?.unexpected.first ?? []),
      },
    }),
  });
}

export default page({
  title: 'weights.title',
  help: {
    ko: `# 사전 학습 가중치
많은 이미지로 이미 배운 모델의 가중치입니다. 여기에서 시작하면 이미지가 적어도 잘 배웁니다.
- 학습을 시작할 때 Algorithm 단계의 ‘시작 가중치’에서 선택합니다.
- 알고리즘은 파일의 내용으로 알아냅니다.
- 클래스 수가 다르면 마지막 층만 새로 배웁니다.
# 올릴 수 있는 파일
- .safetensors
- PyTorch의 .pth와 .pt (torch.save로 저장한 state_dict)
- .onnx
# 안전
파일에서 숫자만 읽습니다. 다른 프로그램이 들어 있는 파일은 거절합니다.`,
    en: `# Pretrained weights
Weights of a model that has learned from many pictures. A training that begins with them does well with few.
- Choose them in the Algorithm step of a training, under Starting weights.
- The algorithm is told from what is in the file.
- Where the classes differ in number, only the last layer begins anew.
# Files
- .safetensors
- .pth and .pt of PyTorch (a state_dict saved by torch.save)
- .onnx
# Safety
Numbers alone are read. A file with a program in it is refused.`,
  },
  template: `<header class="page-head"><div><h1 x-t="weights.title"></h1><p x-t="weights.purpose"></p></div><div class="page-actions"><button type="button" class="button primary" x-show="admin()" @click="upload()">${icon('upload')}<span x-t="weights.upload"></span></button></div></header>
    ${tableView(columns, {
      state: 'list',
      caption: 'weights.list',
      rowName: 'row.name',
      menu: 'menu($el, row)',
      open: 'look(row)',
      period: true,
      empty: emptyState({
        icon: 'package',
        title: 'weights.empty.title',
        text: 'weights.empty.text',
        buttons: `<button type="button" class="button primary" x-show="admin()" @click="upload()">${icon('upload')}<span x-t="weights.upload"></span></button><span class="muted" x-show="!admin()" x-t="weights.empty.text.developer"></span>`,
      }),
    })}
    <section class="box dropped-weights" x-show="admin() && folder"><div class="box-head"><h2 x-t="weights.dropped"></h2></div><div class="box-body stack">
      <p class="muted" x-text="$t('weights.dropped.note', { folder: folder })"></p>
      <p x-show="!dropped.length" x-t="weights.dropped.none"></p>
      <ul class="dropped-list"><template x-for="one in dropped" :key="one.file"><li><span class="cut grow" data-verbatim x-text="one.file"></span><span class="muted number" x-text="size(one.sizeBytes)"></span><button type="button" class="button" :aria-label="$t('weights.dropped.read.of', { name: one.file })" @click="read(one)" x-t="weights.dropped.read"></button></li></template></ul></div></section>`,
  component: (route) => {
    let waiting = 0;
    const listInTurn = inTurn();
    return component({
      list: tableOf(columns, { name: 'weights', date: (row) => row.createdAt, sort: { key: 'createdAt', down: true } }),
      dropped: [] as DroppedWeights[],
      folder: '',
      fit: fitText,
      classes: classesText,
      size: format.bytes,
      admin: () => me.user?.role === 'admin',
      async init() {
        keepPlace(route.signal, () => [{ text: t('model.title'), to: '/models' }, { text: t('weights.title') }]);
        route.signal.addEventListener('abort', () => window.clearTimeout(waiting));
        onResync(route.signal, () => void this.reload());
        await this.reload();
      },
      async reload() {
        window.clearTimeout(waiting);
        try {
          const answer = await listInTurn(() => api.get<WeightsList>('/api/weights', undefined, route.signal));
          if (!answer) return;
          const { weights, dropped, folder } = answer;
          window.clearTimeout(waiting);
          this.list.set(weights);
          this.dropped = dropped;
          this.folder = folder ?? '';
          if (weights.some(({ state }) => state === 'reading')) waiting = window.setTimeout(() => void this.reload(), SOON_MS);
        } catch (error) {
          if (!route.signal.aborted) this.list.fail(error);
        }
      },
      look(row: WeightsRow) {
        openDetails(row, route.signal);
      },
      async upload() {
        if (!(await openDialog(uploadWeights, null))) return;
        toast('info', t('weights.upload.started'));
        await this.reload();
      },
      async read({ file }: DroppedWeights) {
        try {
          const request: NewWeights = { name: file.replace(/\.[^.]+$/, '').slice(0, 100), file };
          await api.post('/api/weights', request);
          toast('info', t('weights.upload.started'));
          await this.reload();
        } catch (error) {
          toastError(error);
        }
      },
      menu(anchor: HTMLElement, row: WeightsRow) {
        openMenu(anchor, [
          { text: t('weights.details'), icon: 'file-text', run: () => openDetails(row, route.signal) },
          {
            text: t('weights.delete'),
            icon: 'trash-2',
            danger: true,
            separated: true,
            ...(this.admin() ? {} : { disabled: true, note: t('weights.readonly') }),
            run: () => void this.remove(row),
          },
        ]);
      },
      async remove(row: WeightsRow) {
        const sure = await confirm(() => ({
          title: t('weights.delete.title', { name: row.name }),
          text: t('weights.delete.text'),
          ok: t('action.delete'),
          danger: true,
        }));
        if (!sure) return;
        try {
          await api.remove(`/api/weights/${row.id}`);
          toast('success', t('weights.deleted'));
          await this.reload();
        } catch (error) {
          toastError(error);
        }
      },
    });
  },
});
