/** Admin: people, groups and the presets of the Resources step. */
import '../i18n/areas/admin.ts';
import '../i18n/areas/groups.ts';
import '../i18n/areas/people.ts';
import type { Group, User } from '../../server/http/schemas.ts';
import { api } from '../api.ts';
import { confirm } from '../components/confirm.ts';
import { openDialog } from '../components/dialog.ts';
import { openMenu } from '../components/menu.ts';
import { closePanel } from '../components/panel.ts';
import { statusWord } from '../components/status.ts';
import { columnsOf, emptyState, tableOf, tableView } from '../components/table.ts';
import { tabPanel, tabs } from '../components/tabs.ts';
import { toast, toastError } from '../components/toast.ts';
import { t } from '../i18n/language.ts';
import { onChange, onPresets, onResync } from '../live/events.ts';
import { component, icon } from '../mount.ts';
import { page, pageHead } from '../page.ts';
import { me } from '../session.ts';
import { editGroup } from './admin/group-dialog.ts';
import { presetAdmin, presetView } from './admin/presets.ts';
import { editKioskKeys, stationAdmin, stationView } from './admin/stations.ts';
import { editUser, resetPassword } from './admin/user-dialogs.ts';
import { groupColumns, openGroup } from './groups.ts';

const groupNames = new Map<number, string>();
const groupsOf = (user: User) =>
  user.groupIds
    .map((id) => groupNames.get(id) ?? '')
    .filter(Boolean)
    .join(', ');
const state = (user: User) => (user.disabled ? 'disabled' : 'active');

const userColumns = columnsOf<User>()([
  { key: 'userId', title: 'person.user-id', value: (row) => row.userId, search: true, cell: '<b x-text="row.userId"></b>' },
  { key: 'name', title: 'person.name', value: (row) => row.name, search: true, className: 'given' },
  {
    key: 'role',
    title: 'person.role',
    hint: 'admin.role.hint',
    value: (row) => row.role,
    text: (row) => t(`role.${row.role}`),
    search: true,
    cell: `<span x-text="$t('role.' + row.role)"></span>`,
  },
  {
    key: 'groups',
    title: 'person.groups',
    value: groupsOf,
    search: true,
    className: 'grow',
    cell: `<span :class="{ muted: !groupsOf(row) }" x-text="groupsOf(row) || $t('admin.user.groups.none')"></span>`,
  },
  {
    key: 'state',
    title: 'admin.user.status',
    value: state,
    text: (row) => statusWord(state(row)),
    cell: `<span x-status="row.disabled ? 'disabled' : 'active'"></span>`,
  },
  {
    key: 'createdAt',
    title: 'admin.user.created',
    value: (row) => row.createdAt,
    cell: '<span x-time.day="row.createdAt"></span>',
    className: 'number from-700',
  },
]);

const emptyHere = emptyState({ icon: 'inbox', title: 'admin.empty.title', text: 'admin.empty.text' });

export default page({
  title: 'admin.title',
  help: {
    ko: `# 사용자
- 사용자 추가: ID, 이름, 첫 비밀번호, 역할, 그룹을 정합니다. 첫 비밀번호는 당사자에게 직접 전달해 주세요.
- 비밀번호 재설정: 새 비밀번호를 정하면 그 사람의 다른 로그인은 모두 끝납니다.
- 사용 중지: 로그인할 수 없게 하지만 만든 내용은 남습니다.

# 역할
- 관리자: 모든 사용자, 그룹, 프로젝트를 관리합니다.
- 개발자: 프로젝트를 만들고 학습과 추론을 합니다.
- 라벨러: 배정된 이미지를 라벨링합니다.

# 그룹
그룹은 서로의 프로젝트를 볼 수 있는 사람의 모임입니다. 구성원은 사용자 수정에서 정합니다.

# 자원 프리셋
학습의 Resources 단계에서 고를 수 있는 GPU, CPU, 메모리의 묶음입니다. 장비가 가진 것보다 크게 정할 수 없습니다.

# 현장 단말기
생산 라인의 터치 화면입니다. 단말기를 추가해 받은 코드를 그 화면의 /kiosk 주소에 입력하고, 사용자의 더 보기(⋮)에서 PIN이나 사원증을 정합니다.`,
    en: `# People
- Add User: choose an ID, a name, a first password, the role and the groups. Hand over the password in person.
- Reset Password: with a new password, every other session of that person ends.
- Disable: they cannot sign in, but what they made stays.

# Roles
- Administrator: manages people, groups and all projects.
- Developer: creates projects, trains and infers.
- Annotator: labels the images that they are given.

# Groups
People of a group see each other’s projects. Choose the members in Edit User.

# Resources
The bundles of GPU, CPU and memory that can be chosen in the Resources step of a training, never more than the box has.

# Kiosk stations
Touch screens at the line. Add a station and enter its code at the address /kiosk of that screen; give people a PIN or a badge in their More menu.`,
  },
  template: `${pageHead(
    'admin.title',
    'admin.purpose',
    `<button type="button" class="button primary" x-show="tab === 'users'" :disabled="groups.state !== 'ready'" @click="addUser()">${icon('user-plus')}<span x-t="admin.user.new"></span></button>
     <button type="button" class="button primary" x-show="tab === 'groups'" @click="addGroup()">${icon('plus')}<span x-t="admin.group.new"></span></button>
     <button type="button" class="button primary" x-show="tab === 'presets'" @click="presets.edit(null)">${icon('plus')}<span x-t="presets.new"></span></button>
     <button type="button" class="button primary" x-show="tab === 'stations'" :disabled="groups.state !== 'ready'" @click="stations.add(groups.rows)">${icon('plus')}<span x-t="stations.new"></span></button>`,
  )}
    ${tabs({
      label: 'admin.tabs',
      prefix: 'admin',
      current: 'tab',
      tabs: [
        { key: 'users', text: 'admin.users', count: 'users.rows.length' },
        { key: 'groups', text: 'admin.groups', count: 'groups.rows.length' },
        { key: 'presets', text: 'presets.title', count: 'presets.list.rows.length' },
        { key: 'stations', text: 'stations.title', count: 'stations.list.rows.length' },
      ],
    })}
    ${tabPanel({ prefix: 'admin', key: 'users', current: 'tab', content: tableView(userColumns, { state: 'users', caption: 'admin.users', rowName: 'row.userId', open: 'editUser(row)', menu: 'userMenu($el, row)', empty: emptyHere }) })}
    ${tabPanel({ prefix: 'admin', key: 'groups', current: 'tab', content: tableView(groupColumns, { state: 'groups', caption: 'admin.groups', rowName: 'row.name', open: 'editGroup(row)', menu: 'groupMenu($el, row)', empty: emptyHere }) })}
    ${tabPanel({ prefix: 'admin', key: 'presets', current: 'tab', content: presetView })}
    ${tabPanel({ prefix: 'admin', key: 'stations', current: 'tab', content: stationView })}`,

  component: (route) => {
    let counting = 0;
    route.signal.addEventListener('abort', () => clearTimeout(counting));
    return component({
      tab: 'users',
      users: tableOf(userColumns, { name: 'users', sort: { key: 'userId', down: false } }),
      groups: tableOf(groupColumns, { name: 'admin-groups', sort: { key: 'name', down: false } }),
      presets: presetAdmin(),
      stations: stationAdmin(),
      init() {
        void this.reload();
        void this.presets.load(route.signal);
        onResync(route.signal, () => void this.reload());
        this.$watch('tab', () => {
          if (this.tab === 'presets') void this.presets.load(route.signal);
        });
        onPresets(route.signal, () => void this.presets.load(route.signal));
        onChange('job', { signal: route.signal }, () => this.countUses());
        route.signal.addEventListener('abort', closePanel);
      },
      /** What waits or runs with each preset; jobs change often, so it is asked at most once a second. */
      countUses() {
        if (counting) return;
        counting = window.setTimeout(() => {
          counting = 0;
          if (this.tab === 'presets') void this.presets.load(route.signal);
        }, 1000);
      },
      async reload() {
        void this.stations.load(route.signal);
        try {
          const [users, groups] = await Promise.all([api.get<User[]>('/api/users', {}, route.signal), api.get<Group[]>('/api/groups', {}, route.signal)]);
          groupNames.clear();
          for (const group of groups) groupNames.set(group.id, group.name);
          this.users.set(users);
          this.groups.set(groups);
        } catch (error) {
          if (route.signal.aborted) return;
          this.users.fail(error);
          this.groups.fail(error);
        }
      },
      groupsOf,

      async addUser() {
        const name = await openDialog(editUser, { user: null, groups: [...this.groups.rows] });
        if (!name) return;
        toast('success', t('admin.user.added', { name }));
        await this.reload();
      },
      async editUser(user: User) {
        const name = await openDialog(editUser, { user, groups: [...this.groups.rows] });
        if (!name) return;
        toast('success', t('admin.user.saved', { name }));
        await this.reload();
      },
      userMenu(anchor: HTMLElement, user: User) {
        const self = user.id === me.user?.id;
        openMenu(anchor, [
          { text: t('action.edit'), icon: 'pencil', run: () => void this.editUser(user) },
          { text: t('admin.user.reset'), icon: 'key-round', run: () => void this.reset(user) },
          { text: t('stations.keys'), icon: 'id-card', run: () => void editKioskKeys(user) },
          user.disabled
            ? { text: t('admin.user.enable'), icon: 'circle-check', separated: true, run: () => void this.setDisabled(user, false) }
            : {
                text: t('admin.user.disable'),
                icon: 'ban',
                danger: true,
                separated: true,
                run: () => void this.setDisabled(user, true),
                ...(self ? { disabled: true, note: t('admin.user.self') } : {}),
              },
        ]);
      },
      async reset(user: User) {
        if (await openDialog(resetPassword, user)) toast('success', t('admin.user.reset.done', { name: user.name }));
      },
      async setDisabled(user: User, disabled: boolean) {
        const name = user.name;
        if (disabled) {
          const sure = await confirm(() => ({
            title: t('admin.user.disable.title', { name }),
            text: t('admin.user.disable.text'),
            ok: t('admin.user.disable'),
            danger: true,
          }));
          if (!sure) return;
        }
        try {
          await api.patch(`/api/users/${user.id}`, { disabled });
          toast('success', t(disabled ? 'admin.user.disabled' : 'admin.user.enabled', { name }));
          await this.reload();
        } catch (error) {
          toastError(error);
        }
      },

      async addGroup() {
        const name = await openDialog(editGroup, null);
        if (!name) return;
        toast('success', t('admin.group.saved', { name }));
        await this.reload();
      },
      async editGroup(group: Group) {
        const name = await openDialog(editGroup, group);
        if (!name) return;
        toast('success', t('admin.group.saved', { name }));
        await this.reload();
      },
      groupMenu(anchor: HTMLElement, group: Group) {
        openMenu(anchor, [
          { text: t('group.details'), icon: 'file-text', run: () => openGroup(group) },
          { text: t('action.edit'), icon: 'pencil', run: () => void this.editGroup(group) },
        ]);
      },
    });
  },
});
