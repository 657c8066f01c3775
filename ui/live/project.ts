/** The loaded project: the one that the project menus work on. It follows the address and is remembered for the person. */
import type { Project } from '../../server/http/schemas.ts';
import { ApiError, api } from '../api.ts';
import { remember, remembered } from '../session.ts';
import Alpine from '../vendor/alpine.js';
import { onChange } from './events.ts';

export const loaded = Alpine.reactive({ project: null as Project | null });

export function loadProject(project: Project | null): void {
  loaded.project = project;
  remember('project', project ? String(project.id) : null);
}

/** Loads the project of an address; gives it, or throws an ApiError where it is not there or not the person's to see. */
export async function openProject(id: number): Promise<Project> {
  if (loaded.project?.id === id) return loaded.project;
  const project = await api.get<Project>(`/api/projects/${id}`);
  loadProject(project);
  return project;
}

/** Loads again what this person had loaded last. */
export async function restoreProject(): Promise<void> {
  const id = Number(remembered('project'));
  if (!id || loaded.project) return;
  try {
    const project = await api.get<Project>(`/api/projects/${id}`);
    if (!loaded.project) loaded.project = project;
  } catch (error) {
    if (error instanceof ApiError && (error.status === 404 || error.status === 403)) remember('project', null);
  }
}

onChange('project', { signal: new AbortController().signal }, (id, record) => {
  if (loaded.project?.id === id) loadProject(record);
});
