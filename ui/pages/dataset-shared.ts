/** What both pages of New Dataset have: the project, and the Shared button, which takes a dataset that another project of the group shares in place of an upload. */
import type { Dataset, Project } from '../../server/http/schemas.ts';
import { api } from '../api.ts';
import { dialog, dialogFoot, openDialog } from '../components/dialog.ts';
import { keepPlace } from '../frame/place.ts';
import '../i18n/areas/data.ts';
import '../i18n/areas/shared.ts';
import * as format from '../i18n/format.ts';
import { t } from '../i18n/language.ts';
import { loadStubbornly } from '../live/events.ts';
import { openProject } from '../live/project.ts';
import { component, icon } from '../mount.ts';
import { go } from '../router.ts';
import { labelText, readOnlyReason } from './dataset-actions.ts';

export const sharedButton = `<button type="button" class="button" @click="fromShared()" x-show="!locked()">${icon('users')}<span x-t="shared.button"></span></button>`;

const chooser = dialog<Project, Dataset>({
  title: 'shared.title',
  template: `<div class="dialog-body stack">
      <p class="muted" x-t="shared.text"></p>
      <div x-problem="problem"></div>
      <span class="search-input" x-show="rows.length > 5">${icon('search')}<input type="search" x-model="query" x-t:placeholder="shared.search" x-t:aria-label="shared.search"></span>
      <div class="skeleton-block" x-show="loading"></div>
      <p class="notice" x-show="!loading && !rows.length && !problem">${icon('info')}<span x-t="shared.none"></span></p>
      <p class="muted" x-show="rows.length && !found().length" x-t="shared.nothing"></p>
      <fieldset class="cards shared-cards"><legend class="visually-hidden" x-t="shared.title"></legend><template x-for="one in found()" :key="one.id"><label class="card-choice"><input type="radio" name="shared-dataset" :value="one.id" x-model="chosen"><span data-verbatim><b class="cut" x-text="one.name + ' v' + one.version"></b><small x-text="facts(one)"></small><small class="cut" x-show="one.description" x-text="one.description"></small></span></label></template></fieldset></div>
    ${dialogFoot('shared.use', { disabled: '!chosen' })}`,
  component: (project, done) =>
    component({
      rows: [] as readonly Dataset[],
      loading: true,
      query: '',
      chosen: '',
      problem: null as unknown,
      async init() {
        try {
          const all = await api.get<Dataset[]>(`/api/projects/${project.id}/datasets`, { shared: true });
          this.rows = Object.freeze(all.filter((one) => one.projectId !== project.id && one.status === 'ready').sort((a, b) => b.id - a.id));
        } catch (error) {
          this.problem = error;
        } finally {
          this.loading = false;
        }
      },
      found() {
        const words = this.query.trim().toLocaleLowerCase();
        return this.rows.filter((one) => `${one.name}\n${one.description}\n${one.createdBy}`.toLocaleLowerCase().includes(words));
      },
      facts: (one: Dataset) =>
        [
          t(one.table ? 'shared.facts.rows' : 'shared.facts.pictures', { n: one.count }),
          format.bytes(one.sizeBytes),
          t('shared.facts.labels', { label: labelText(one) }),
          one.createdBy,
          format.day(one.createdAt),
        ].join(' · '),
      submit() {
        const one = this.rows.find(({ id }) => id === Number(this.chosen));
        if (one) done(one);
      },
    }),
});

export const newDataset = (projectId: number, signal: AbortSignal) =>
  component({
    project: null as Project | null,
    problem: null as unknown,
    /** Gives way to the other page where the project is of the other kind. */
    async open(tabular: boolean): Promise<void> {
      const project = await loadStubbornly(
        () => openProject(projectId),
        signal,
        (error) => {
          this.problem = error;
        },
      );
      if (!project) return;
      this.problem = null;
      if ((project.type === 'tabular') !== tabular) return await go(`/projects/${projectId}/data/${tabular ? 'new' : 'new-table'}`, { replace: true });
      this.project = project;
      keepPlace(signal, () => [
        { text: project.name, to: `/projects/${projectId}/data` },
        { text: t('data.title'), to: `/projects/${projectId}/data` },
        { text: t('new.title') },
      ]);
    },
    /** Why this person cannot add data here, or ''. */
    refusal(): string {
      return readOnlyReason(this.project);
    },
    locked(): boolean {
      return Boolean(this.refusal() || (this.problem && !this.project));
    },
    /** Opens the dataset that is chosen, as this project uses it. */
    async fromShared(): Promise<void> {
      const { project } = this;
      const chosen = project && (await openDialog(chooser, project));
      if (chosen) await go(`/datasets/${chosen.id}?project=${project.id}`);
    },
  });
