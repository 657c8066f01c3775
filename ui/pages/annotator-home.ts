/** Home of an annotator: the work that was given to them. */
import '../i18n/areas/home.ts';
import { emptyState } from '../components/table.ts';
import { component } from '../mount.ts';
import { page, pageHead } from '../page.ts';

export default page({
  title: 'home.title',
  help: {
    ko: `# 라벨링 작업
배정받은 이미지가 이 화면에 표시됩니다. 지금 표시된 작업이 없다면 기다리시면 됩니다. 작업이 배정되면 알림이 옵니다.`,
    en: `# Labelling work
Images that are given to you appear on this screen. If there are none, there is nothing to do: a notification comes with new work.`,
  },
  template: `${pageHead('annotator.title', 'annotator.purpose')}<div class="box"><div class="table-message">${emptyState({ icon: 'tags', title: 'annotator.empty.title', text: 'annotator.empty.text' })}</div></div>`,
  component: () => component({}),
});
