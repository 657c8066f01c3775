/** Template mode: drafts are started with the settings of this template until it is left. Remembered for the person, as the loaded project is. */
import type { Template, TemplateDetails } from '../../server/http/library-schemas.ts';
import { ApiError, api } from '../api.ts';
import { remember, remembered } from '../session.ts';
import Alpine from '../vendor/alpine.js';
import { onChange } from './events.ts';

export const templateMode = Alpine.reactive({ template: null as Template | null });

export function useTemplate(template: Template | null): void {
  templateMode.template = template;
  remember('template', template ? String(template.id) : null);
}

export async function restoreTemplate(): Promise<void> {
  const id = Number(remembered('template'));
  if (!id) {
    templateMode.template = null;
    return;
  }
  try {
    templateMode.template = (await api.get<TemplateDetails>(`/api/templates/${id}`)).template;
  } catch (error) {
    if (error instanceof ApiError && (error.status === 404 || error.status === 403)) remember('template', null);
  }
}

onChange('template', { signal: new AbortController().signal }, (id, record) => {
  if (templateMode.template?.id === id) useTemplate(record);
});
