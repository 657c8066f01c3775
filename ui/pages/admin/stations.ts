/** Kiosk stations and who can sign in at them: the administrator's part. */
import type { KioskEnrolment, KioskKeys, KioskPerson, KioskStation } from '../../../server/http/kiosk-schemas.ts';
import type { Group, User } from '../../../server/http/schemas.ts';
import { api } from '../../api.ts';
import { confirm } from '../../components/confirm.ts';
import { dialog, dialogFoot, openDialog } from '../../components/dialog.ts';
import { field, select } from '../../components/field.ts';
import { openMenu } from '../../components/menu.ts';
import { columnsOf, emptyState, tableOf, tableView } from '../../components/table.ts';
import { toast, toastError } from '../../components/toast.ts';
import '../../i18n/areas/kiosk.ts';
import { t } from '../../i18n/language.ts';
import { component, icon } from '../../mount.ts';

const columns = columnsOf<KioskStation>()([
  { key: 'name', title: 'stations.name', value: (row) => row.name, search: true, className: 'grow', cell: '<b x-text="row.name"></b>' },
  { key: 'groupName', title: 'stations.group', value: (row) => row.groupName, search: true, className: 'given' },
  {
    key: 'enrolled',
    title: 'stations.state',
    value: (row) => (row.enrolled ? 1 : 0),
    cell: `<span class="chip plain" :class="row.enrolled ? 'green' : 'grey'" x-text="$t(row.enrolled ? 'stations.enrolled' : 'stations.waiting')"></span>`,
  },
  { key: 'seenAt', title: 'stations.seen', value: (row) => row.seenAt, cell: '<span x-time.ago="row.seenAt"></span>', className: 'narrow' },
]);

const newStation = dialog<Group[], KioskEnrolment>({
  title: 'stations.new',
  size: 'small',
  template: `<div class="dialog-body">${field({ model: 'name', label: 'stations.name', maxLength: 100, required: true })}
      ${select({ model: 'groupId', label: 'stations.group', from: 'groups' })}<div x-problem="problem"></div></div>
    ${dialogFoot('action.ok', { busy: 'busy', disabled: '!name.trim()' })}`,
  component: (groups, done) =>
    component({
      name: '',
      groups: groups.map((group) => ({ value: group.id, text: group.name })),
      groupId: String(groups[0]?.id ?? ''),
      busy: false,
      problem: null as unknown,
      dirty() {
        return this.name !== '';
      },
      async submit() {
        if (!this.name.trim()) return;
        this.busy = true;
        this.problem = null;
        try {
          done(await api.post<KioskEnrolment>('/api/kiosk/stations', { name: this.name.trim(), groupId: Number(this.groupId) }));
        } catch (error) {
          this.problem = error;
        } finally {
          this.busy = false;
        }
      },
    }),
});

/** The code stands large: it is carried to the station in somebody's head. */
const showCode = dialog<KioskEnrolment, true>({
  title: ({ station }) => t('stations.code.title', { name: station.name }),
  size: 'small',
  template: `<div class="dialog-body"><p x-text="text()"></p><p class="station-code" data-verbatim x-text="code"></p></div>
    <footer class="dialog-foot"><button type="submit" class="button primary" x-t="action.ok"></button></footer>`,
  component: ({ code }, done) =>
    component({
      code,
      text: () => t('stations.code.text', { address: `${location.origin}/kiosk` }),
      submit() {
        done(true);
      },
    }),
});

const keys = dialog<{ user: User; person: KioskPerson | undefined }, true>({
  title: ({ user }) => t('stations.keys.title', { name: user.name }),
  size: 'small',
  template: `<div class="dialog-body"><p class="field-note" x-text="now()"></p>
      ${field({ model: 'pin', label: 'stations.pin', maxLength: 12, note: 'stations.pin.note', optional: true })}
      ${field({ model: 'badge', label: 'stations.badge', maxLength: 64, note: 'stations.badge.note', optional: true })}
      <button type="button" class="button" x-show="now()" @click="take()" :disabled="busy" x-t="stations.take"></button>
      <div x-problem="problem"></div></div>${dialogFoot('action.save', { busy: 'busy', disabled: '!pin && !badge' })}`,
  component: ({ user, person }, done) =>
    component({
      now: () => [person?.hasPin ? t('stations.has-pin') : '', person?.hasBadge ? t('stations.has-badge') : ''].filter(Boolean).join(' · '),
      pin: '',
      badge: '',
      busy: false,
      problem: null as unknown,
      dirty() {
        return this.pin !== '' || this.badge !== '';
      },
      async send(body: KioskKeys) {
        this.busy = true;
        this.problem = null;
        try {
          await api.put<KioskPerson>(`/api/kiosk/people/${user.id}`, body);
          done(true);
        } catch (error) {
          this.problem = error;
        } finally {
          this.busy = false;
        }
      },
      async take() {
        const sure = await confirm(() => ({
          title: t('stations.take.title', { name: user.name }),
          text: t('stations.take.text'),
          ok: t('stations.take'),
          danger: true,
        }));
        if (sure) await this.send({ pin: null, badge: null });
      },
      submit() {
        const [pin, badge] = [this.pin.trim(), this.badge.trim()];
        return this.send({ ...(pin ? { pin } : {}), ...(badge ? { badge } : {}) });
      },
    }),
});

/** PIN and badge number of a person. */
export async function editKioskKeys(user: User): Promise<void> {
  try {
    const people = await api.get<KioskPerson[]>('/api/kiosk/people');
    if (await openDialog(keys, { user, person: people.find((one) => one.id === user.id) })) toast('success', t('stations.saved'));
  } catch (error) {
    toastError(error);
  }
}

/** A member of the Admin page's component: `stations`. */
export const stationAdmin = () => ({
  list: tableOf(columns, { name: 'stations', sort: { key: 'name', down: false } }),
  async load(signal?: AbortSignal) {
    try {
      this.list.set(await api.get<KioskStation[]>('/api/kiosk/stations', undefined, signal));
    } catch (error) {
      if (!signal?.aborted) this.list.fail(error);
    }
  },
  async add(groups: readonly Group[]) {
    const made = await openDialog(newStation, [...groups]);
    if (!made) return;
    await this.load();
    await openDialog(showCode, made);
  },
  async code(row: KioskStation) {
    try {
      await openDialog(showCode, await api.post<KioskEnrolment>(`/api/kiosk/stations/${row.id}/code`));
      await this.load();
    } catch (error) {
      toastError(error);
    }
  },
  async remove(row: KioskStation) {
    const sure = await confirm(() => ({
      title: t('stations.delete.title', { name: row.name }),
      text: t('stations.delete.text'),
      ok: t('stations.delete'),
      danger: true,
    }));
    if (!sure) return;
    try {
      await api.remove(`/api/kiosk/stations/${row.id}`);
      await this.load();
    } catch (error) {
      toastError(error);
    }
  },
  menu(anchor: HTMLElement, row: KioskStation) {
    openMenu(anchor, [
      { text: t('stations.code'), icon: 'key-round', run: () => void this.code(row) },
      { text: t('stations.delete'), icon: 'trash-2', danger: true, separated: true, run: () => void this.remove(row) },
    ]);
  },
});

export const stationView = tableView(columns, {
  state: 'stations.list',
  caption: 'stations.title',
  rowName: 'row.name',
  menu: 'stations.menu($el, row)',
  empty: emptyState({
    icon: 'monitor-smartphone',
    title: 'stations.empty.title',
    text: 'stations.empty.text',
    buttons: `<button type="button" class="button primary" @click="stations.add(groups.rows)">${icon('plus')}<span x-t="stations.new"></span></button>`,
  }),
});
