/** Group: the groups that I am in, their description and members. */
import '../i18n/areas/groups.ts';
import type { Group } from '../../server/http/schemas.ts';
import { api } from '../api.ts';
import { openMenu } from '../components/menu.ts';
import { closePanel, openPanel } from '../components/panel.ts';
import { statusWord } from '../components/status.ts';
import { columnsOf, emptyState, tableOf, tableView } from '../components/table.ts';
import { t } from '../i18n/language.ts';
import { onResync } from '../live/events.ts';
import { component } from '../mount.ts';
import { page, pageHead } from '../page.ts';

export const groupColumns = columnsOf<Group>()([
  { key: 'name', title: 'group.name', value: (row) => row.name, search: true, className: 'grow', cell: '<b x-text="row.name"></b>' },
  {
    key: 'status',
    title: 'group.status',
    value: (row) => row.status,
    text: (row) => statusWord(row.status),
    search: true,
    cell: '<span x-status="row.status"></span>',
  },
  { key: 'startDate', title: 'group.start', value: (row) => row.startDate, cell: '<span class="nowrap tabular" x-text="row.startDate"></span>' },
  { key: 'endDate', title: 'group.end', value: (row) => row.endDate, cell: `<span class="nowrap tabular" x-text="row.endDate || '–'"></span>` },
  {
    key: 'members',
    title: 'group.members',
    value: (row) => row.members.length,
    align: 'end',
    className: 'number',
    cell: '<span x-text="$f.count(row.members.length)"></span>',
  },
]);

/** The side panel of a group: description and people. */
export function openGroup(group: Group): void {
  openPanel({
    title: 'group.details',
    template: `<h3 class="panel-title" x-text="group.name"></h3>
      <dl class="facts"><div class="fact"><dt x-t="group.status"></dt><dd x-status="group.status"></dd></div>
        <div class="fact"><dt x-t="group.start"></dt><dd class="tabular" x-text="group.startDate"></dd></div>
        <div class="fact"><dt x-t="group.end"></dt><dd class="tabular" x-text="group.endDate || '–'"></dd></div></dl>
      <h3 class="panel-part" x-t="group.description"></h3><p class="pre-line" :class="{ muted: !group.description }" x-text="group.description || $t('group.description.none')"></p>
      <h3 class="panel-part" x-t="group.members"></h3><p class="muted" x-show="!group.members.length" x-t="group.members.none"></p>
      <ul class="people"><template x-for="member in group.members" :key="member.id"><li><span class="avatar" aria-hidden="true" x-text="member.name.slice(0, 1)"></span><span><b x-text="member.name"></b><small x-text="member.userId"></small></span><span class="chip plain grey" x-text="$t('role.' + member.role)"></span></li></template></ul>`,
    component: component({ group }),
  });
}

export default page({
  title: 'group.title',
  help: {
    ko: `# 그룹
같은 그룹의 사람은 서로의 프로젝트와 작업을 볼 수 있습니다. 다른 사람의 프로젝트에서 데이터를 바꾸거나 학습을 실행할 수는 없습니다.
- 한 사람이 여러 그룹에 속할 수 있습니다.
- 더 보기(⋮)의 상세 정보에서 설명과 구성원을 볼 수 있습니다.
- 그룹을 만들거나 구성원을 바꾸는 일은 관리자가 합니다.`,
    en: `# Groups
People of a group can look at each other’s projects and jobs. They cannot change the data of another’s project or train in it.
- You can be in several groups.
- Details under More (⋮) shows the description and the members.
- Administrators make groups and choose their members.`,
  },
  template: `${pageHead('group.title', 'group.purpose')}
    ${tableView(groupColumns, {
      state: 'list',
      caption: 'group.table',
      rowName: 'row.name',
      period: true,
      open: 'details(row)',
      menu: 'menu($el, row)',
      empty: emptyState({ icon: 'users', title: 'group.empty.title', text: 'group.empty.text' }),
    })}`,
  component: (route) =>
    component({
      list: tableOf(groupColumns, { name: 'groups', date: (row) => row.startDate, sort: { key: 'name', down: false } }),
      init() {
        void this.reload();
        onResync(route.signal, () => void this.reload());
        route.signal.addEventListener('abort', closePanel);
      },
      async reload() {
        try {
          this.list.set(await api.get<Group[]>('/api/groups', {}, route.signal));
        } catch (error) {
          if (!route.signal.aborted) this.list.fail(error);
        }
      },
      details: openGroup,
      menu(anchor: HTMLElement, row: Group) {
        openMenu(anchor, [{ text: t('group.details'), icon: 'file-text', run: () => openGroup(row) }]);
      },
    }),
});
