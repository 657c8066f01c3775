/** The shapes on the wire of the presets as the administrator sets them. See schemas.ts for the conventions. */
import { type Static, Type } from 'typebox';

/** cores 0 and memoryMb 0: all that the box has. gpu: '' none, 'any', or a part of its name. */
export const PresetSetting = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 60, pattern: '\\S' }),
  gpu: Type.String({ maxLength: 100 }),
  gpuMemoryMb: Type.Integer({ minimum: 0, maximum: 1048576 }),
  /** What it computes on; left out: 'auto', the box's with a GPU, the CPU without. */
  device: Type.Optional(Type.Enum(['auto', 'cuda', 'webgpu', 'cpu'])),
  cores: Type.Number({ minimum: 0, maximum: 1024, multipleOf: 0.5 }),
  memoryMb: Type.Integer({ minimum: 0, maximum: 16777216 }),
});
export type PresetSetting = Static<typeof PresetSetting>;

export const PresetsChange = Type.Object({ presets: Type.Array(PresetSetting, { minItems: 1, maxItems: 30 }) });
export type PresetsChange = Static<typeof PresetsChange>;

/** GET /api/presets/settings */
export const PresetSettings = Type.Object({
  presets: Type.Array(
    Type.Object({
      ...PresetSetting.properties,
      fits: Type.Boolean(),
      /** It fits, but its GPU, which was there before, is missing now. */
      gpuMissing: Type.Boolean(),
      /** Jobs and experiments that wait or run with it. */
      uses: Type.Integer(),
    }),
  ),
  /** false: those of appliance.conf, unchanged. */
  edited: Type.Boolean(),
  /** What trainings may use of the machine. */
  box: Type.Object({
    cores: Type.Number(),
    memoryMb: Type.Integer(),
    gpus: Type.Array(Type.Object({ name: Type.String(), memoryMb: Type.Integer() })),
  }),
});
export type PresetSettings = Static<typeof PresetSettings>;
