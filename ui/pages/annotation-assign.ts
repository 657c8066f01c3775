/** Add Label: who labels the pictures of a dataset. And the same for what a colleague has not done: re-assign. */
import type { AnnotationPart, AnnotationTask } from '../../server/http/annotation-schemas.ts';
import type { Dataset, Group, Project } from '../../server/http/schemas.ts';
import { api } from '../api.ts';
import { dialog, dialogFoot, openDialog } from '../components/dialog.ts';
import '../i18n/areas/annotation.ts';
import type { Key } from '../i18n/keys.ts';
import { t } from '../i18n/language.ts';
import { component } from '../mount.ts';
import { me } from '../session.ts';

interface Person {
  id: number;
  name: string;
  role: string;
}
interface Args {
  people: Person[];
  /** Pictures to divide. */
  count: number;
  title(): string;
  how: Key;
  kiosk: boolean;
  send(body: { annotatorIds: number[]; kiosk: boolean }): Promise<AnnotationTask>;
}

const assign = dialog<Args, AnnotationTask>({
  title: (args) => args.title(),
  template: `<div class="dialog-body"><p x-text="$t(how)"></p>
      <table class="share-table"><thead><tr><th x-t="assign.person"></th><th x-t="assign.role"></th><th class="end" x-t="assign.pictures"></th></tr></thead>
        <tbody><template x-for="one in people" :key="one.id"><tr><td><label class="check"><input type="checkbox" :checked="chosen(one.id)" @change="toggle(one.id)"><span data-verbatim x-text="one.name"></span></label></td><td x-text="$t('role.' + one.role)"></td><td class="end" x-text="share(one.id)"></td></tr></template>
        <tr x-show="kioskThere"><td><label class="check"><input type="checkbox" x-model="kiosk"><span x-t="assign.kiosk"></span></label></td><td x-t="assign.kiosk.note"></td><td class="end" x-text="share(0)"></td></tr></tbody></table>
      <p class="field-note" x-text="summary()"></p>
      <div x-problem="problem"></div></div>
    ${dialogFoot('assign.ok', { busy: 'busy', disabled: '!shares()' })}`,
  component: (args, done) =>
    component({
      people: args.people,
      how: args.how,
      kioskThere: args.kiosk,
      // Whoever's work it is; without annotators in the group, oneself.
      ids: args.people.filter((one) => one.role === 'annotator').map((one) => one.id),
      kiosk: false,
      busy: false,
      problem: null as unknown,
      init() {
        if (!this.ids.length && args.people.some((one) => one.id === me.user?.id)) this.ids = [me.user?.id ?? 0];
      },
      chosen(id: number) {
        return this.ids.includes(id);
      },
      toggle(id: number) {
        this.ids = this.ids.includes(id) ? this.ids.filter((one) => one !== id) : [...this.ids, id];
      },
      shares() {
        return this.ids.length + (this.kiosk ? 1 : 0);
      },
      /** What each one gets; the first ones take what does not divide evenly. */
      share(id: number) {
        const order = [...this.people.filter((one) => this.ids.includes(one.id)).map((one) => one.id), ...(this.kiosk ? [0] : [])];
        const at = order.indexOf(id);
        if (at < 0) return '–';
        const even = Math.floor(args.count / order.length);
        return t('assign.share', { n: even + (at < args.count % order.length ? 1 : 0) });
      },
      summary() {
        return this.shares() ? t('assign.summary', { n: args.count, people: this.shares() }) : t('assign.nobody');
      },
      async submit() {
        this.busy = true;
        this.problem = null;
        try {
          done(await args.send({ annotatorIds: this.people.filter((one) => this.ids.includes(one.id)).map((one) => one.id), kiosk: this.kiosk }));
        } catch (error) {
          this.problem = error;
        } finally {
          this.busy = false;
        }
      },
    }),
});

async function membersOf(groupId: number): Promise<Group['members']> {
  const groups = await api.get<Group[]>('/api/groups');
  const order = ['annotator', 'developer', 'admin'];
  const members = groups.find((group) => group.id === groupId)?.members ?? [];
  return [...members].sort((a, b) => order.indexOf(a.role) - order.indexOf(b.role) || a.name.localeCompare(b.name));
}

/** Whoever can sign in. */
async function peopleOf(groupId: number): Promise<Person[]> {
  return (await membersOf(groupId)).filter((one) => !one.disabled);
}

/** The new task; undefined where nothing was distributed. */
export async function addLabel(dataset: Dataset, project: Project): Promise<AnnotationTask | undefined> {
  const people = await peopleOf(project.groupId);
  return openDialog(assign, {
    people,
    count: dataset.count,
    title: () => t('assign.title', { name: dataset.name, version: dataset.version }),
    how: 'assign.how',
    kiosk: project.model === 'classification',
    send: (body) => api.post<AnnotationTask>(`/api/datasets/${dataset.id}/annotation`, body),
  });
}

export async function reassign(task: AnnotationTask, part: AnnotationPart): Promise<AnnotationTask | undefined> {
  const people = (await peopleOf(task.groupId)).filter((one) => one.id !== part.userId);
  return openDialog(assign, {
    people,
    count: part.open,
    title: () => t('assign.again', { name: part.userName || t('work.pool') }),
    how: 'assign.again.how',
    kiosk: task.model === 'classification' && part.userId !== null,
    send: (body) => api.post<AnnotationTask>(`/api/annotation/tasks/${task.id}/reassign`, { partId: part.id, ...body }),
  });
}

const reviewer = dialog<{ task: AnnotationTask; people: Person[] }, AnnotationTask>({
  title: 'assign.reviewer',
  size: 'small',
  template: `<div class="dialog-body"><p x-t="assign.reviewer.text"></p>
      <div class="field"><div class="field-label"><label for="reviewer" x-t="assign.person"></label></div><select id="reviewer" x-model.number="id"><template x-for="one in people" :key="one.id"><option :value="one.id" :selected="one.id === id" x-text="one.name"></option></template></select></div>
      <div x-problem="problem"></div></div>${dialogFoot('action.ok', { busy: 'busy', disabled: '!id' })}`,
  component: ({ task, people }, done) =>
    component({
      people,
      id: people.some((one) => one.id === task.reviewerId) ? task.reviewerId : (people[0]?.id ?? 0),
      busy: false,
      problem: null as unknown,
      async submit() {
        this.busy = true;
        this.problem = null;
        try {
          done(await api.patch<AnnotationTask>(`/api/annotation/tasks/${task.id}`, { reviewerId: this.id }));
        } catch (error) {
          this.problem = error;
        } finally {
          this.busy = false;
        }
      },
    }),
});

/** Somebody else accepts, returns and completes: a developer or an administrator of the group. */
export async function changeReviewer(task: AnnotationTask): Promise<AnnotationTask | undefined> {
  const members = await membersOf(task.groupId);
  const people: Person[] = members.filter((one) => one.role !== 'annotator' && !one.disabled);
  // An administrator reviews in groups of others, too.
  if (!members.some((one) => one.id === task.reviewerId)) people.unshift({ id: task.reviewerId, name: task.reviewerName, role: 'admin' });
  return openDialog(reviewer, { task, people });
}
