/** /api/presets */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { ADMINS, DEVELOPERS } from '../access.ts';
import { PresetSettings, PresetsChange } from '../preset-schemas.ts';
import { Preset } from '../schemas.ts';
import type { Studio } from '../studio.ts';

export const presetRoutes =
  ({ presets }: Studio): FastifyPluginAsyncTypebox =>
  async (app) => {
    const tags = ['presets'];

    app.get(
      '/api/presets',
      { config: { access: DEVELOPERS }, schema: { tags, summary: 'The resources that a training can be given', response: { 200: Type.Array(Preset) } } },
      async () => presets.list(),
    );

    app.get(
      '/api/presets/settings',
      { config: { access: ADMINS }, schema: { tags, summary: 'The presets as they are set, and what the box has', response: { 200: PresetSettings } } },
      async () => presets.settings(),
    );

    app.put(
      '/api/presets/settings',
      {
        config: { access: ADMINS },
        schema: {
          tags,
          summary: 'Change the presets; what waits keeps what it was promised',
          body: PresetsChange,
          response: { 200: PresetSettings },
        },
      },
      async (request) => presets.change(request.body.presets),
    );

    app.delete(
      '/api/presets/settings',
      { config: { access: ADMINS }, schema: { tags, summary: 'Back to the presets of appliance.conf', response: { 200: PresetSettings } } },
      async () => presets.reset(),
    );
  };
