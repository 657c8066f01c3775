/** New Dataset: what is uploaded, its labels, its name; then the upload itself. The work after it is shown on the dataset's own page. */

import type { Dataset } from '../../server/http/schemas.ts';
import { api, wasAborted } from '../api.ts';
import { type ChosenFile, dropZone } from '../components/drop.ts';
import { field } from '../components/field.ts';
import '../i18n/areas/data.ts';
import '../i18n/areas/labels.ts';
import * as format from '../i18n/format.ts';
import { type Said, t, textOf } from '../i18n/language.ts';
import { component, icon } from '../mount.ts';
import { page, pageHead } from '../page.ts';
import { go } from '../router.ts';
import { KeptUploads } from '../upload/kept.ts';
import { ACCEPT, checkLabels, isWrong, LABEL_ACCEPT, packed, packedFile, type Selection, select } from '../upload/prepare.ts';
import type { Sent } from '../upload/send.ts';
import { askToCancel } from '../upload/shown.ts';
import { sendingText, sendingView } from '../upload/view.ts';
import { newDataset, sharedButton } from './dataset-shared.ts';
import { visibilityChoice } from './dataset-visibility.ts';

const FOLDERS_SHOWN = 8;

const example = `<details class="example" x-show="classified()"><summary x-t="new.example"></summary><div class="example-ways">
    <section><h3 x-t="new.example.folders"></h3><pre>my-data/
├─ OK/
│  ├─ 0001.jpg
│  └─ 0002.jpg
└─ scratch/
   ├─ 0003.jpg
   └─ 0004.jpg</pre><p x-t="new.example.folders.note"></p></section>
    <section><h3 x-t="new.example.csv"></h3><pre>filename,label
0001.jpg,OK
0002.jpg,OK
0003.jpg,scratch
0004.jpg,dent</pre><p x-t="new.example.csv.note"></p></section></div></details>`;

const chosen = `<div class="chosen" x-show="selection">
    <div class="chosen-head"><span class="chosen-icon" x-icon="kindIcon()"></span><div class="chosen-what"><b class="cut" x-text="what()"></b><span class="muted" x-text="size()"></span></div>
      <button type="button" class="button quiet" x-show="!busy" @click="clear()">${icon('x')}<span x-t="new.clear"></span></button></div>
    <ul class="chosen-classes" x-show="classes().length"><template x-for="one in classes()" :key="one.name"><li class="chip plain grey"><span x-text="one.name"></span>&nbsp;<b x-text="$f.count(one.count)"></b></li></template>
      <li class="muted" x-show="moreClasses()" x-text="$t('new.classes.more', { n: moreClasses() })"></li></ul>
    <p class="muted" x-text="note()"></p>
    <p class="muted" x-show="left()" x-text="$t('new.left', { n: left() })"></p></div>`;

const labelsPart = `<div class="labels-row">
    <label class="button"><input type="file" class="visually-hidden" accept="${LABEL_ACCEPT}" @change="takeLabels($event)">${icon('tags')}<span x-t="new.labels.choose"></span></label>
    <span class="labels-file" x-show="labels"><span class="cut" x-text="labelsName()"></span><button type="button" class="icon-button" @click="dropLabels()" x-t:aria-label="new.labels.remove">${icon('x')}</button></span></div>
    <p class="muted" x-text="labelsNote()"></p><p class="muted" x-show="formats()" x-text="formats()"></p>
    <p class="field-error" role="alert" x-show="labelsWrong" x-text="$say(labelsWrong)"></p>`;

export default page({
  title: 'new.title',
  help: {
    ko: `# 새 데이터셋
이미지를 올려 데이터셋을 만듭니다.
# 이미지 올리기
- 폴더나 ZIP 파일을 끌어다 놓거나 버튼으로 선택합니다.
- 연결이 끊겨도 자동으로 이어서 올립니다. 페이지를 닫았다면 같은 파일을 다시 선택해 주세요.
- 긴 변이 800픽셀을 넘는 이미지는 자동으로 줄입니다.
# 라벨
- 분류: 클래스 폴더로 나누어 올리면 폴더 이름이 라벨이 됩니다. 또는 filename,label 두 열로 된 CSV 파일을 함께 올립니다.
- 탐지와 분할: COCO, YOLO, Pascal VOC, LabelMe 파일이나 마스크 PNG를 함께 올립니다.
- 라벨 없이 올린 뒤 라벨 업로드나 라벨 추가로 등록할 수도 있습니다.
# 공유 데이터셋 사용
그룹의 다른 프로젝트에서 Shared로 공개한 데이터셋을 올리지 않고 사용합니다.`,
    en: `# New Dataset
Upload pictures to make a dataset.
# Pictures
- Drop folders or a ZIP file, or choose them with the buttons.
- After a lost connection the upload goes on by itself. If the page was closed, choose the same files again.
- Pictures over 800 pixels on the long side are made smaller.
# Labels
- Classification: in class folders, the folder’s name is the label. Or add a CSV file with the two columns filename,label.
- Detection and segmentation: add COCO, YOLO, Pascal VOC or LabelMe files, or mask PNGs.
- Labels can also be given later, by Label Upload or Add Label.
# Use a shared dataset
Takes a dataset that another project of the group has made Shared, without an upload.`,
  },
  template: `${pageHead('new.title', 'new.purpose', sharedButton)}
    <div x-problem="!project && problem"></div>
    <div class="notice page-notice" x-show="refusal()">${icon('lock')}<span x-text="refusal()"></span>&nbsp;<a class="link-button" :href="listAddress" x-t="dataset.toList"></a></div>
    <form class="new-dataset" x-show="!locked()" @submit.prevent="create()" novalidate>
      <div class="new-left">
        <section class="box"><div class="box-head"><h2 x-t="new.files"></h2></div><div class="box-body stack" @files-chosen="take($event.detail)">
          <div x-show="!sending">${dropZone({ text: 'new.drop', note: 'new.drop.note', accept: ACCEPT, folder: true })}</div>
          <p class="field-error" role="alert" x-show="wrong" x-text="$say(wrong)"></p>
          ${chosen}
          ${sendingView('sending')}
          ${example}</div></section>
        <section class="box"><div class="box-head"><h2 x-t="new.labels"></h2><span class="field-optional" x-t="form.optional"></span></div><div class="box-body stack">${labelsPart}</div></section>
      </div>
      <section class="box new-right"><div class="box-head"><h2 x-t="new.about"></h2></div><div class="box-body stack">
        ${field({ model: 'name', label: 'new.name', maxLength: 100, required: true, error: 'nameWrong()' })}
        ${field({ model: 'description', label: 'data.description', type: 'textarea', maxLength: 2000, optional: true })}
        ${visibilityChoice('visibility')}
        <div x-problem="project && problem"></div>
        <div class="new-actions"><button type="submit" class="button primary large" :disabled="locked()" :aria-busy="busy ? 'true' : 'false'" x-show="!busy"><span x-t="new.create"></span></button>
          <button type="button" class="button large" x-show="busy" @click="cancel()">${icon('x')}<span x-t="new.cancel.ok"></span></button></div>
        <p class="muted" x-show="!selection && !busy" x-t="new.need"></p></div></section>
    </form>`,
  component: (route) => {
    const projectId = Number(route.params.id);
    const uploads = new KeptUploads();
    return component({
      ...newDataset(projectId, route.signal),
      listAddress: `/projects/${projectId}/data`,
      selection: null as Selection | null,
      labels: null as File | null,
      wrong: null as Said | null,
      labelsWrong: null as Said | null,
      name: '',
      prefilled: '',
      description: '',
      visibility: 'private' as 'private' | 'shared',
      tried: false,
      busy: false,
      startedAt: 0,
      sending: null as (Sent & { title: Said }) | null,
      cancelling: null as AbortController | null,
      async init() {
        route.guard(() => this.busy || this.selection !== null || this.description !== '');
        route.signal.addEventListener('abort', () => {
          this.cancelling?.abort();
          uploads.forget();
        });
        await this.open(false);
      },
      take(files: ChosenFile[]) {
        if (this.busy) return;
        const result = select(files, this.selection, this.classified());
        if (isWrong(result)) {
          this.wrong = result;
          return;
        }
        this.wrong = null;
        this.problem = null;
        // Frozen: a hundred thousand files must not each be wrapped by Alpine.
        this.selection = Object.freeze({ ...result, files: Object.freeze(result.files) }) as Selection;
        if (result.labels) this.setLabels(result.labels.file);
        else if (result.labelFiles.length) this.labels = null;
        if (!this.name || this.name === this.prefilled) {
          this.prefilled = result.name || `${t('data.name')} ${format.day(new Date().toISOString())}`;
          this.name = this.prefilled;
        }
      },
      takeLabels(event: Event) {
        const input = event.target as HTMLInputElement;
        const file = input.files?.[0];
        input.value = '';
        if (file) this.setLabels(file);
      },
      setLabels(file: File) {
        const wrong = checkLabels(file);
        this.labelsWrong = wrong;
        if (!wrong) this.labels = Object.freeze(file);
      },
      dropLabels() {
        this.labels = null;
      },
      clear() {
        this.selection = null;
        this.wrong = null;
        if (this.name === this.prefilled) this.name = '';
      },
      classified() {
        return this.project === null || this.project.model === 'classification';
      },
      labelsNote() {
        const inside = this.selection?.labelFiles.length ?? 0;
        if (inside && !this.labels) return t('labels.new.inside', { n: inside });
        if (!this.classified()) return t('labels.new.optional');
        return t(this.labels ? 'new.labels.wins' : 'new.labels.none');
      },
      formats() {
        return this.project ? (textOf(`labels.upload.formats.${this.project.model}`) ?? '') : '';
      },
      labelsName() {
        return this.labels ? `${this.labels.name} (${format.bytes(this.labels.size)})` : '';
      },
      kindIcon() {
        return this.selection?.kind === 'archive' ? 'file-archive' : 'images';
      },
      what() {
        const of = this.selection;
        if (!of) return '';
        if (of.kind === 'archive') return of.files[0]?.file.name ?? '';
        const pictures = t('new.pictures', { n: of.files.length });
        return of.folders.length && this.classified() ? `${pictures} · ${t('new.classes', { n: of.folders.length })}` : pictures;
      },
      size() {
        return this.selection ? format.bytes(this.selection.bytes) : '';
      },
      classes() {
        return this.classified() ? (this.selection?.folders.slice(0, FOLDERS_SHOWN) ?? []) : [];
      },
      moreClasses() {
        return this.classified() ? Math.max(0, (this.selection?.folders.length ?? 0) - FOLDERS_SHOWN) : 0;
      },
      left() {
        return this.selection?.left ?? 0;
      },
      note() {
        const of = this.selection;
        if (!of || this.busy) return '';
        if (of.kind === 'archive') return t('new.archive.note');
        if (this.labels || of.labelFiles.length || (of.folders.length && this.classified())) return t('new.add');
        return t(this.classified() ? 'new.noClasses' : 'labels.new.unlabelled');
      },
      nameWrong() {
        return this.tried && !this.name.trim() ? t('new.name.need') : '';
      },
      async create() {
        this.tried = true;
        const selection = this.selection;
        if (this.busy || this.locked()) return;
        if (!selection) this.wrong = { key: 'new.need' };
        if (!selection || !this.name.trim()) return;
        const cancelling = new AbortController();
        this.cancelling = cancelling;
        this.startedAt = Date.now();
        this.busy = true;
        this.problem = null;
        try {
          const pictures = packed(selection);
          const { signal } = cancelling;
          // The small one first: what is wrong with it is known before the long one.
          const labelUploadId = this.labels ? await uploads.send('labels', this, packedFile(this.labels), { key: 'upload.labels' }, signal) : undefined;
          const uploadId = await uploads.send('pictures', this, pictures, { key: 'upload.sending', params: { name: pictures.name } }, signal);
          // From here on Cancel comes too late.
          this.cancelling = null;
          const made = await api.post<Dataset>(`/api/projects/${projectId}/datasets`, {
            name: this.name.trim(),
            description: this.description,
            visibility: this.visibility,
            uploadId,
            ...(labelUploadId ? { labelUploadId } : {}),
          });
          uploads.used('pictures', ...(labelUploadId ? ['labels'] : []));
          route.guard(() => false);
          await go(`/datasets/${made.id}${made.jobId === null ? '' : `?job=${made.jobId}`}`, { replace: true });
        } catch (error) {
          uploads.failed(error);
          if (!wasAborted(error)) this.problem = error;
        } finally {
          this.busy = false;
          this.sending = null;
          this.cancelling = null;
        }
      },
      cancel() {
        return askToCancel(this);
      },
      sendingText,
    });
  },
});
