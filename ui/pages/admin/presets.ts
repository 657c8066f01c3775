/** What a training can be given: the presets of the Resources step, as the administrator sets them. */
import type { PresetSetting, PresetSettings } from '../../../server/http/preset-schemas.ts';
import { api } from '../../api.ts';
import { confirm } from '../../components/confirm.ts';
import { dialog, dialogFoot, openDialog } from '../../components/dialog.ts';
import { field, numberProblem, select } from '../../components/field.ts';
import { openMenu } from '../../components/menu.ts';
import { columnsOf, emptyState, tableOf, tableView } from '../../components/table.ts';
import { toast, toastError } from '../../components/toast.ts';
import '../../i18n/areas/presets.ts';
import { bytes, decimal } from '../../i18n/format.ts';
import { type Said, t } from '../../i18n/language.ts';
import { inTurn } from '../../live/events.ts';
import { component, icon } from '../../mount.ts';

const MIB = 1024 * 1024;
const GB = 1024;

interface PresetRow extends PresetSetting {
  /** Its place in the list, from 1. */
  id: number;
  fits: boolean;
  gpuMissing: boolean;
  uses: number;
}

const gpu = (row: PresetSetting) => {
  if (!row.gpu) return t('presets.gpu.none');
  const name = row.gpu === 'any' ? t('presets.gpu.any') : row.gpu;
  return row.gpuMemoryMb ? t('presets.gpu.memory', { name, memory: bytes(row.gpuMemoryMb * MIB) }) : name;
};
const cores = (row: PresetSetting) => (row.cores === 0 ? t('presets.all') : t('presets.cores.value', { n: row.cores }));
const memory = (row: PresetSetting) => (row.memoryMb === 0 ? t('presets.all') : bytes(row.memoryMb * MIB));
const state = (row: PresetRow) => {
  if (!row.fits) return t('presets.tooLarge');
  return [...(row.gpuMissing ? [t('presets.gpuMissing')] : []), ...(row.uses ? [t('presets.uses', { n: row.uses })] : [])].join(' · ');
};

export const presetColumns = columnsOf<PresetRow>()([
  { key: 'name', title: 'presets.name', value: (row) => row.name, search: true, className: 'grow', cell: '<b x-text="row.name"></b>' },
  { key: 'gpu', title: 'presets.gpu', value: gpu, cell: '<span x-text="presets.gpu(row)"></span>' },
  { key: 'cores', title: 'presets.cores', value: (row) => row.cores, cell: '<span x-text="presets.cores(row)"></span>', align: 'end', className: 'number' },
  {
    key: 'memory',
    title: 'presets.memory',
    value: (row) => row.memoryMb,
    cell: '<span x-text="presets.memory(row)"></span>',
    align: 'end',
    className: 'number',
  },
  {
    key: 'state',
    title: 'presets.state',
    value: state,
    cell: '<span :class="{ muted: row.fits && !row.gpuMissing }" x-text="presets.stateOf(row)"></span>',
  },
]);

interface Editing {
  /** As they are now: another administrator may change them while the dialog is open. */
  settings(): PresetSettings;
  /** Name of the one that is edited; null: a new one. */
  name: string | null;
}

const editPreset = dialog<Editing, PresetSettings>({
  title: ({ name }) => t(name === null ? 'presets.new' : 'presets.edit'),
  template: `<div class="dialog-body"><p class="muted" x-text="boxText()"></p>
      ${field({ model: 'form.name', label: 'presets.name', maxLength: 60, required: true, error: 'nameProblem()', autofocus: true })}
      ${select({ model: 'form.gpu', label: 'presets.gpu', from: 'gpuChoices()' })}
      <div x-show="form.gpu">${field({ model: 'form.gpuMemory', label: 'presets.gpuMemory', type: 'number', min: 0, step: 'any', unit: 'presets.unit.gb', note: 'presets.gpuMemory.note', error: 'gpuMemoryProblem()' })}</div>
      ${select({ model: 'form.device', label: 'presets.device', from: 'deviceChoices()', note: 'presets.device.note' })}
      ${field({ model: 'form.cores', label: 'presets.cores', type: 'number', min: 0, step: 0.5, unit: 'presets.unit.cores', note: 'presets.zero', error: 'coresProblem()' })}
      ${field({ model: 'form.memory', label: 'presets.memory', type: 'number', min: 0, step: 'any', unit: 'presets.unit.gb', note: 'presets.zero', error: 'memoryProblem()' })}
      <p class="muted" x-t="presets.keeps"></p><div x-problem="problem"></div></div>${dialogFoot('action.save', { busy: 'busy' })}`,
  component: ({ settings, name: edited }, done) => {
    const { box, presets } = settings();
    const before = presets.find(({ name }) => name === edited);
    const form = {
      name: before?.name ?? '',
      gpu: before?.gpu ?? '',
      gpuMemory: (before?.gpuMemoryMb ?? 0) / GB,
      device: before?.device ?? ('auto' as const),
      cores: before?.cores ?? 1,
      memory: (before?.memoryMb ?? 2 * GB) / GB,
    };
    const start = JSON.stringify(form);
    const names = [...new Set([...box.gpus.map(({ name }) => name), ...(before?.gpu && before.gpu !== 'any' ? [before.gpu] : [])])];
    const most = { cores: box.cores, memory: box.memoryMb / GB, gpuMemory: Math.max(0, ...box.gpus.map(({ memoryMb }) => memoryMb)) / GB };
    return component({
      form,
      tried: false,
      busy: false,
      problem: null as unknown,
      boxText() {
        return t('presets.box', { cores: t('presets.cores.value', { n: box.cores }), memory: bytes(box.memoryMb * MIB) });
      },
      gpuChoices() {
        return [
          { value: '', text: t('presets.gpu.none') },
          ...(box.gpus.length || before?.gpu === 'any' ? [{ value: 'any', text: t('presets.gpu.any') }] : []),
          ...names.map((name) => ({ value: name, text: name })),
        ];
      },
      deviceChoices: () => (['auto', 'cuda', 'webgpu', 'cpu'] as const).map((value) => ({ value, text: t(`presets.device.${value}`) })),
      dirty() {
        return JSON.stringify(this.form) !== start;
      },
      nameProblem() {
        const name = this.form.name.trim();
        if (!name) return this.tried ? t('form.required') : '';
        return settings().presets.some((preset) => preset.name === name && name !== edited) ? t('presets.name.taken') : '';
      },
      upTo(value: number, limit: number) {
        return numberProblem(value, 0, Number(decimal(limit, 1)), false, (_key, params) => t('presets.most', { max: params.max ?? 0 }));
      },
      coresProblem() {
        return this.upTo(this.form.cores, most.cores);
      },
      memoryProblem() {
        return this.upTo(this.form.memory, most.memory);
      },
      gpuMemoryProblem() {
        return this.form.gpu ? this.upTo(this.form.gpuMemory, most.gpuMemory) : '';
      },
      async submit() {
        this.tried = true;
        if (this.nameProblem() || this.coresProblem() || this.memoryProblem() || this.gpuMemoryProblem() || this.busy) return;
        this.busy = true;
        this.problem = null;
        const { name, gpu: chosen, gpuMemory, device, cores: wantedCores, memory: wantedMemory } = this.form;
        const preset: PresetSetting = {
          name: name.trim(),
          gpu: chosen,
          gpuMemoryMb: chosen ? Math.round(gpuMemory * GB) : 0,
          device,
          cores: wantedCores,
          // Rounding must not ask for more than there is.
          memoryMb: Math.min(box.memoryMb, Math.round(wantedMemory * GB)),
        };
        try {
          const all = settings().presets.map(plain);
          const at = all.findIndex((one) => one.name === edited);
          // Somebody else has deleted it, or called it otherwise, while this stood open.
          if (at < 0 && edited !== null) this.problem = { key: 'presets.gone' } satisfies Said;
          else done(await send(at < 0 ? [...all, preset] : all.with(at, preset)));
        } catch (error) {
          this.problem = error;
        } finally {
          this.busy = false;
        }
      },
    });
  },
});

const plain = ({ name, gpu: part, gpuMemoryMb, device = 'auto', cores: n, memoryMb }: PresetSetting): PresetSetting => ({
  name,
  gpu: part,
  gpuMemoryMb,
  device,
  cores: n,
  memoryMb,
});
const send = (presets: PresetSetting[]) => api.put<PresetSettings>('/api/presets/settings', { presets });

/** State of the tab; the page has it as `presets`. */
export function presetAdmin() {
  let settings: PresetSettings | null = null;
  const settingsInTurn = inTurn();
  return component({
    list: tableOf(presetColumns, { name: 'admin-presets' }),
    edited: false,
    gpu,
    cores,
    memory,
    stateOf: state,
    async load(signal: AbortSignal) {
      try {
        const next = await settingsInTurn(() => api.get<PresetSettings>('/api/presets/settings', {}, signal));
        if (next) this.take(next);
      } catch (error) {
        if (!signal.aborted) this.list.fail(error);
      }
    },
    take(next: PresetSettings) {
      settings = next;
      this.edited = next.edited;
      this.list.set(next.presets.map((preset, index) => ({ ...preset, id: index + 1 })));
    },
    async edit(row: PresetRow | null) {
      if (!settings) return;
      const saved = await openDialog(editPreset, { settings: () => settings as PresetSettings, name: row?.name ?? null });
      if (!saved) return;
      this.take(saved);
      toast('success', t('presets.saved'));
    },
    async remove(row: PresetRow) {
      if (!settings) return;
      if (
        !(await confirm(() => ({ title: t('presets.remove.title', { name: row.name }), text: t('presets.remove.text'), ok: t('action.delete'), danger: true })))
      )
        return;
      await this.keep(() => send((settings as PresetSettings).presets.map(plain).filter(({ name }) => name !== row.name)));
    },
    async reset() {
      if (!(await confirm(() => ({ title: t('presets.reset.title'), text: t('presets.reset.text'), ok: t('presets.reset'), danger: true })))) return;
      await this.keep(() => api.remove<PresetSettings>('/api/presets/settings'));
    },
    async keep(work: () => Promise<PresetSettings>) {
      try {
        this.take(await work());
        toast('success', t('presets.saved'));
      } catch (error) {
        toastError(error);
      }
    },
    menu(anchor: HTMLElement, row: PresetRow) {
      const last = this.list.rows.length < 2;
      openMenu(anchor, [
        { text: t('action.edit'), icon: 'pencil', run: () => void this.edit(row) },
        {
          text: t('action.delete'),
          icon: 'trash-2',
          danger: true,
          separated: true,
          run: () => void this.remove(row),
          ...(last ? { disabled: true, note: t('presets.last') } : {}),
        },
      ]);
    },
  });
}

export const presetView = `<div class="stack"><div class="notice">${icon('cpu')}<span><span x-t="presets.about"></span> <button type="button" class="link-button" x-show="presets.edited" @click="presets.reset()" x-t="presets.reset"></button></span></div>
  ${tableView(presetColumns, { state: 'presets.list', caption: 'presets.title', rowName: 'row.name', open: 'presets.edit(row)', menu: 'presets.menu($el, row)', empty: emptyState({ icon: 'cpu', title: 'presets.title', text: 'presets.about' }) })}</div>`;
