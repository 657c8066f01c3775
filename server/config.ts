/**
 * The settings of the appliance. They come, each over the one before it, from the defaults below, appliance.conf, the environment
 * (AI_STUDIO_SECTION_KEY) and the command line (`--port 8080`, `--set queue.light_slots=3`). A setting that is unknown or out of range stops
 * the start with a message that names it, where it came from and what is allowed.
 */
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { parse as parseToml, TomlError } from 'smol-toml';
import { type Static, type TInteger, type TNumber, type TSchema, Type } from 'typebox';
import { Value } from 'typebox/value';

const AutoOr = <T extends TNumber | TInteger>(number: T) => Type.Union([Type.Literal('auto'), number], { default: 'auto' });
const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

const Preset = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 60 }),
  /** Name of a GPU as nvidia-smi gives it, or a part of it; 'any'; empty: no GPU. */
  gpu: Type.String({ maxLength: 60, default: '' }),
  gpu_memory_mb: Type.Integer({ minimum: 0, default: 0 }),
  device: Type.Enum(['auto', 'cuda', 'webgpu', 'cpu'], { default: 'auto' }),
  /** 0: all that the box has. */
  cores: Type.Number({ minimum: 0, maximum: 1024, default: 0 }),
  memory_mb: Type.Integer({ minimum: 0, default: 0 }),
});
export type PresetSettings = Static<typeof Preset>;

const SECTIONS = {
  server: Type.Object({
    host: Type.String({ minLength: 1, default: '0.0.0.0' }),
    port: Type.Integer({ minimum: 0, maximum: 65535, default: 8080 }),
    data: Type.String({ minLength: 1, default: './data' }),
    trust_proxy: Type.Boolean({ default: false }),
    origins: Type.Array(Type.String({ pattern: '^https?://' }), { default: [] }),
    language: Type.Enum(['ko', 'en'], { default: 'ko' }),
  }),
  log: Type.Object({
    level: Type.Enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], { default: 'info' }),
    output: Type.Enum(['file', 'stdout'], { default: 'file' }),
    max_bytes: Type.Integer({ minimum: 64 * 1024, default: 16 * MIB }),
  }),
  session: Type.Object({
    idle_minutes: Type.Integer({ minimum: 1, default: 720 }),
    absolute_hours: Type.Integer({ minimum: 1, default: 168 }),
    free_attempts: Type.Integer({ minimum: 1, default: 4 }),
    max_delay_seconds: Type.Integer({ minimum: 1, default: 900 }),
    requests_per_minute: Type.Integer({ minimum: 1, default: 60 }),
  }),
  upload: Type.Object({
    max_bytes: Type.Integer({ minimum: 1024, default: 20 * GIB }),
    max_unpacked_bytes: Type.Integer({ minimum: 1024, default: 60 * GIB }),
    max_files: Type.Integer({ minimum: 1, default: 200000 }),
    max_file_bytes: Type.Integer({ minimum: 1024, default: 64 * MIB }),
    max_picture_pixels: Type.Integer({ minimum: 1024, default: 60_000_000 }),
    max_at_once: Type.Integer({ minimum: 1, maximum: 100, default: 6 }),
    keep_hours: Type.Integer({ minimum: 1, default: 24 }),
    keep_free_bytes: Type.Integer({ minimum: 0, default: 1 * GIB }),
  }),
  download: Type.Object({
    max_at_once: Type.Integer({ minimum: 1, maximum: 100, default: 4 }),
    label_writers: Type.Integer({ minimum: 1, maximum: 64, default: 2 }),
    patience_seconds: Type.Integer({ minimum: 1, default: 60 }),
  }),
  trash: Type.Object({ keep_days: Type.Integer({ minimum: 1, maximum: 3650, default: 30 }) }),
  pictures: Type.Object({ max_side: Type.Integer({ minimum: 16, maximum: 8192, default: 800 }) }),
  tables: Type.Object({
    max_rows: Type.Integer({ minimum: 1, default: 5_000_000 }),
    max_columns: Type.Integer({ minimum: 1, maximum: 10_000, default: 10_000 }),
    max_cells: Type.Integer({ minimum: 1, default: 200_000_000 }),
  }),
  kiosk: Type.Object({
    idle_seconds: Type.Integer({ minimum: 10, maximum: 3600, default: 120 }),
    lease_minutes: Type.Integer({ minimum: 1, maximum: 1440, default: 10 }),
  }),
  queue: Type.Object({
    light_slots: Type.Integer({ minimum: 1, maximum: 64, default: 2 }),
    light_memory_mb: Type.Integer({ minimum: 256, default: 1024 }),
    stop_grace_seconds: Type.Integer({ minimum: 1, default: 30 }),
    relaunches: Type.Integer({ minimum: 0, default: 10 }),
  }),
  hpo: Type.Object({
    max_trials: Type.Integer({ minimum: 1, maximum: 1000, default: 10 }),
    max_parallel_trials: Type.Integer({ minimum: 1, maximum: 100, default: 10 }),
    max_failed_trials: Type.Integer({ minimum: 1, maximum: 1000, default: 10 }),
  }),
  box: Type.Object({
    cores: AutoOr(Type.Number({ exclusiveMinimum: 0 })),
    memory_mb: AutoOr(Type.Integer({ minimum: 256 })),
    gpus: AutoOr(Type.Integer({ minimum: 0, maximum: 64 })),
    gpu_memory_mb: Type.Integer({ minimum: 0, default: 0 }),
    device: Type.Enum(['auto', 'cuda', 'webgpu', 'cpu'], { default: 'auto' }),
  }),
} as const satisfies Record<string, TSchema>;

export type DeviceSetting = Config['box']['device'];

type SectionName = keyof typeof SECTIONS;
export type Config = { [S in SectionName]: Static<(typeof SECTIONS)[S]> } & { preset: PresetSettings[] };

const DEFAULT_PRESETS: PresetSettings[] = [
  { name: 'CPU small', gpu: '', gpu_memory_mb: 0, device: 'auto', cores: 1, memory_mb: 2048 },
  { name: 'CPU all', gpu: '', gpu_memory_mb: 0, device: 'auto', cores: 0, memory_mb: 0 },
];

/** A mistake in the settings, in words for the person who wrote them. */
export class ConfigError extends Error {}

export const USAGE = `AI Studio

  --port N             port to listen on (default 8080)
  --host ADDRESS       address to listen on (default 0.0.0.0: the whole network)
  --data FOLDER        where everything is kept (default ./data)
  --config FILE        settings file (default: appliance.conf)
  --set SECTION.KEY=VALUE   any other setting of appliance.conf; may be given again
  --help, --version
`;

export interface CommandLine {
  config: Config;
  help: boolean;
  version: boolean;
}

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** Reads all settings. Throws ConfigError. */
export function readConfig(argv: readonly string[], env: Readonly<Record<string, string | undefined>>): CommandLine {
  const args = readArguments(argv);
  const file = args.config === undefined ? join(ROOT, 'appliance.conf') : resolve(args.config);
  const raw = readFile(file, args.config !== undefined);
  const known = new Map<string, { section: SectionName; key: string }>();
  const config = {} as Record<string, Record<string, unknown>>;

  for (const section of Object.keys(SECTIONS) as SectionName[]) {
    const given = raw[section] ?? {};
    if (typeof given !== 'object' || Array.isArray(given)) throw new ConfigError(`${file}: [${section}] must be a table of settings.`);
    const values: Record<string, unknown> = {};
    for (const [key, schema] of Object.entries(SECTIONS[section].properties) as [string, TSchema & { default?: unknown }][]) {
      known.set(`${section}.${key}`, { section, key });
      values[key] = structuredClone(schema.default);
      if (key in given) {
        values[key] = (given as Record<string, unknown>)[key];
        check(`${section}.${key}`, values[key], file);
      }
      const variable = `AI_STUDIO_${section}_${key}`.toUpperCase();
      const fromEnv = env[variable];
      if (fromEnv !== undefined && fromEnv !== '') {
        values[key] = readValue(fromEnv, `${section}.${key}`);
        check(`${section}.${key}`, values[key], `the environment variable ${variable}`);
      }
    }
    for (const key of Object.keys(given)) {
      if (!known.has(`${section}.${key}`)) throw unknownSetting(`${section}.${key}`, file);
    }
    config[section] = values;
  }
  for (const section of Object.keys(raw)) {
    if (section !== 'preset' && !(section in SECTIONS)) throw unknownSetting(section, file);
  }
  for (const [name, text, from] of args.settings) {
    const place = known.get(name);
    if (place === undefined) throw unknownSetting(name, from);
    const value = readValue(text, name);
    check(name, value, from);
    config[place.section]![place.key] = value;
  }
  return {
    config: { ...(config as unknown as Omit<Config, 'preset'>), preset: readPresets(raw.preset, file) },
    help: args.help,
    version: args.version,
  };
}

function readArguments(argv: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        port: { type: 'string' },
        host: { type: 'string' },
        data: { type: 'string' },
        config: { type: 'string' },
        set: { type: 'string', multiple: true },
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean' },
      },
    });
    const settings: [name: string, value: string, from: string][] = [];
    for (const key of ['port', 'host', 'data'] as const) {
      const value = values[key];
      if (value !== undefined) settings.push([`server.${key}`, value, `--${key}`]);
    }
    for (const item of values.set ?? []) {
      const [, name, value] = /^([\w.]+)=(.*)$/s.exec(item) ?? [];
      if (name === undefined || value === undefined) throw new ConfigError(`--set ${item}: write it as --set SECTION.KEY=VALUE.`);
      settings.push([name, value, `--set ${item}`]);
    }
    return { config: values.config, settings, help: values.help ?? false, version: values.version ?? false };
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  }
}

function readFile(file: string, required: boolean): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (!required && (error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new ConfigError(`The settings file ${file} cannot be read: ${(error as Error).message}`);
  }
  try {
    return parseToml(text);
  } catch (error) {
    if (error instanceof TomlError) throw new ConfigError(`${file}, line ${error.line}: ${error.message}`);
    throw error;
  }
}

/** A value from the command line or the environment: TOML where it is TOML, else a plain string. */
function readValue(text: string, name: string): unknown {
  const [section, key] = name.split('.') as [SectionName, string];
  const schema = SECTIONS[section]?.properties[key as never] as (TSchema & { type?: string }) | undefined;
  if (schema?.type === 'string') return text;
  try {
    return parseToml(`value = ${text}`).value;
  } catch {
    return text;
  }
}

function check(name: string, value: unknown, from: string): void {
  const [section, key] = name.split('.') as [SectionName, string];
  const schema = SECTIONS[section].properties[key as never] as TSchema;
  if (Value.Check(schema, value)) return;
  throw new ConfigError(`${from}: ${name} = ${JSON.stringify(value)} is not possible: it ${allowed(schema, value)}.`);
}

function allowed(schema: TSchema, value: unknown): string {
  const given = schema as { anyOf?: unknown; enum?: string[] };
  if (given.anyOf !== undefined) return 'must be "auto" or a number that is large enough';
  if (given.enum !== undefined) return `must be one of ${given.enum.map((item) => `"${item}"`).join(', ')}`;
  return (
    Value.Errors(schema, value)
      .map((error) => error.message)
      .join('; it ') || 'has another form'
  );
}

function unknownSetting(name: string, from: string): ConfigError {
  const [section] = name.split('.');
  const properties = SECTIONS[section as SectionName]?.properties;
  const hint =
    properties === undefined
      ? `The sections are ${[...Object.keys(SECTIONS), 'preset'].join(', ')}.`
      : `[${section}] has the settings ${Object.keys(properties).join(', ')}.`;
  return new ConfigError(`${from}: ${name} is not a setting of AI Studio. ${hint}`);
}

function readPresets(raw: unknown, file: string): PresetSettings[] {
  if (raw === undefined) return DEFAULT_PRESETS;
  if (!Array.isArray(raw)) throw new ConfigError(`${file}: write every preset as its own [[preset]] table.`);
  const names = new Set<string>();
  return raw.map((item: unknown, i) => {
    const preset = Value.Default(Preset, structuredClone(item)) as PresetSettings;
    const error = Value.Errors(Preset, preset)[0];
    if (error !== undefined) {
      const key = error.instancePath.slice(1) as keyof PresetSettings;
      const schema = Preset.properties[key] as TSchema | undefined;
      const reason = schema ? `${key} = ${JSON.stringify(preset[key])} is not possible: it ${allowed(schema, preset[key])}` : `preset ${error.message}`;
      throw new ConfigError(`${file}: [[preset]] number ${i + 1}: ${reason}.`);
    }
    for (const key of Object.keys(preset)) {
      if (!(key in Preset.properties)) throw new ConfigError(`${file}: [[preset]] number ${i + 1}: ${key} is not a setting of a preset.`);
    }
    if (names.has(preset.name)) throw new ConfigError(`${file}: two presets have the name "${preset.name}".`);
    names.add(preset.name);
    return preset;
  });
}
