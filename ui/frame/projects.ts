/** The list behind the "Project : name" chip: change the loaded project from anywhere. */
import type { Project } from '../../server/http/schemas.ts';
import { api } from '../api.ts';
import { float } from '../components/floating.ts';
import { toastError } from '../components/toast.ts';
import { t } from '../i18n/language.ts';
import { loaded, loadProject } from '../live/project.ts';
import { component, element, icon } from '../mount.ts';
import { go, open } from '../router.ts';

export function openProjects(anchor: HTMLElement): void {
  const content = element(
    'div',
    'list-float projects',
    `<span class="search-input">${icon('search')}<input type="search" autofocus x-model="query" x-t:placeholder="frame.project.search" x-t:aria-label="frame.project.search"></span>
     <p class="list-none" x-show="ready && !found().length" x-t="frame.project.empty"></p>
     <ul><template x-for="project in found()" :key="project.id"><li><button type="button" @click="choose(project)" :aria-current="isLoaded(project) ? 'true' : false">
       <span class="list-line"><b x-text="project.name"></b><span x-show="isLoaded(project)">${icon('check')}</span></span><span class="list-sub" x-text="about(project)"></span></button></li></template></ul>
     <a class="list-all" href="/" @click="close()"><span x-t="frame.project.all"></span>${icon('arrow-right')}</a>`,
    component({
      query: '',
      ready: false,
      rows: [] as Project[],
      async init() {
        try {
          this.rows = await api.get<Project[]>('/api/projects');
          this.ready = true;
        } catch (error) {
          toastError(error);
        }
      },
      found() {
        const words = this.query.trim().toLocaleLowerCase();
        return this.rows.filter((project) => project.name.toLocaleLowerCase().includes(words)).slice(0, 30);
      },
      isLoaded: (project: Project) => loaded.project?.id === project.id,
      about: (project: Project) => `${project.groupName} · ${project.ownerName}`,
      close: () => floating?.close(),
      choose(project: Project) {
        floating?.close();
        if (loaded.project?.id === project.id) return;
        loadProject(project);
        // A page of the old project gives way to the same menu of the new one.
        const parts: Record<string, string> = { data: 'data', experiment: 'experiments', run: 'experiments', inference: 'inference' };
        const part = parts[open.menu];
        if (part) void go(`/projects/${project.id}/${part}`);
      },
    }),
  );
  content.setAttribute('role', 'dialog');
  content.setAttribute('aria-label', t('frame.project.change'));
  const floating = float(anchor, content, { align: 'end' });
}
