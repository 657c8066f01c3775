/** Which device a job computes on: what the box can use, found out by trying, and what the settings ask for. */
import { execFile } from 'node:child_process';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DeviceSetting } from '../config.ts';
import { GPU_ORDER } from '../engine/devices/gpus.ts';
import type { Probe, Speed } from '../engine/devices/probe.ts';
import type { DeviceName } from '../engine/runtime.ts';
import { failureOf, StudioError } from '../errors.ts';
import type { Device } from '../http/device-schemas.ts';
import type { DeviceOfJob } from '../jobs/protocol.ts';
import type { Need } from './allocation.ts';

const PROBE = resolve(dirname(fileURLToPath(import.meta.url)), '../probe.js');
const TIMEOUT_MS = 120_000;

type Gpu = Exclude<DeviceName, 'cpu'>;
/** The best first. */
const GPUS: readonly Gpu[] = ['cuda', 'webgpu'];
const CALLED: { readonly [device in DeviceName]: string } = { cuda: 'CUDA', webgpu: 'WebGPU', cpu: 'CPU' };

export interface DevicesOptions {
  /** appliance.conf's [box] device. */
  readonly setting: DeviceSetting;
  /** Whether nvidia-smi, or the settings, know a GPU. */
  readonly hasGpu: boolean;
  log(error: unknown, about: string): void;
}

export class Devices {
  readonly #options: DevicesOptions;
  readonly #looks = new Map<Gpu, { look: Promise<Probe | StudioError>; found: Probe | StudioError | null }>();

  constructor(options: DevicesOptions) {
    this.#options = options;
  }

  /** What is known of each device. Looks at those that nobody has asked for yet; `again` at all. */
  report(again = false): Device[] {
    const gpus = GPUS.map((name): Omit<Device, 'chosen'> => {
      void this.#look(name, again);
      const found = this.#looks.get(name)!.found;
      if (found === null) return { name, state: 'looking', faster: null, reason: null, details: null };
      const reason = reasonAgainst(name, found);
      const state = reason === null ? 'ready' : reason.code === 'device_slow' ? 'slow' : 'unusable';
      return { name, state, faster: fasterOf(found), reason: reason && failureOf(reason), details: detailsOf(found) };
    });
    const all = [...gpus, { name: 'cpu' as const, state: 'ready' as const, faster: null, reason: null, details: null }];
    const { setting } = this.#options;
    // While a better one is being tried, nothing is chosen yet.
    const best = all.find(({ state }) => state === 'ready' || state === 'looking');
    const chosen = setting === 'auto' ? (best?.state === 'ready' ? best.name : null) : setting;
    return all.map((device) => ({ ...device, chosen: device.name === chosen }));
  }

  /**
   * The device of a job that asks for so much, or of one that has no preset (an inference). Throws device_refused where the settings name one that cannot be used;
   * "auto" takes the CPU then, and says why.
   */
  async choose(need: Pick<Need, 'gpu' | 'device'> | null, gpuIndex: number | null): Promise<DeviceOfJob> {
    const { setting, hasGpu } = this.#options;
    const own = need?.device ?? 'auto';
    const wantsGpu = need === null ? hasGpu || setting !== 'auto' : need.gpu !== null;
    const wish = own !== 'auto' ? own : wantsGpu ? setting : 'cpu';
    if (wish === 'cpu') return { name: 'cpu', index: null, fallback: false, why: null };
    if (wish !== 'auto') {
      const reason = reasonAgainst(wish, await this.#look(wish));
      if (reason !== null && reason.code !== 'device_slow')
        throw new StudioError('device_refused', { device: CALLED[wish], cause: reason.code }, reason.details ?? reason.message);
      return { name: wish, index: gpuIndex, fallback: false, why: { ko: '설정에서 지정했습니다.', en: 'The settings say so.' } };
    }
    const against: { ko: string; en: string }[] = [];
    for (const name of GPUS) {
      const found = await this.#look(name);
      const reason = reasonAgainst(name, found);
      if (reason === null) {
        const n = fasterOf(found) ?? 1;
        const speed = { ko: `시험한 학습 단계가 CPU보다 ${n}배 빨랐습니다.`, en: `A training step ran ${n} times as fast as on the CPU when it was tried.` };
        return { name, index: gpuIndex, fallback: true, why: joined([...against, speed]) };
      }
      against.push(failureOf(reason));
    }
    return { name: 'cpu', index: null, fallback: false, why: joined(against) };
  }

  #look(name: Gpu, again = false): Promise<Probe | StudioError> {
    const before = this.#looks.get(name);
    if (before !== undefined && !(again && before.found !== null)) return before.look;
    const entry = { look: this.#try(name), found: null as Probe | StudioError | null };
    this.#looks.set(name, entry);
    void entry.look.then((found) => {
      entry.found = found;
    });
    return entry.look;
  }

  #try(name: Gpu): Promise<Probe | StudioError> {
    return new Promise((done) => {
      const env = { ...process.env, ...GPU_ORDER };
      const options = { timeout: TIMEOUT_MS, killSignal: 'SIGKILL' as const, maxBuffer: 16 * 1024 * 1024, env };
      execFile(process.execPath, [PROBE, name], options, (error, stdout, stderr) => {
        const found = error === null ? probeIn(stdout) : null;
        if (found !== null) return done(found);
        const code = error?.killed ? 'device_silent' : 'device_crashed';
        const details = `${error?.message ?? 'no answer'}\n${stderr.slice(-2000)}`;
        this.#options.log(details, `trying ${name}`);
        done(new StudioError(code, { device: CALLED[name] }, details));
      });
    });
  }
}

const STATES: { readonly [state in Probe['state']]: true } = { works: true, unsupported: true, not_installed: true, no_gpu: true, wrong: true, failed: true };

/** The last line that is a probe's: a driver prints what it likes into the same output, also behind it. */
function probeIn(output: string): Probe | null {
  for (const line of output.split('\n').reverse()) {
    try {
      const found = JSON.parse(line) as Probe | null;
      if (typeof found?.state === 'string' && Object.hasOwn(STATES, found.state)) return found;
    } catch {
      // Not ours.
    }
  }
  return null;
}

const joined = (sentences: readonly { ko: string; en: string }[]) => ({
  ko: sentences.map(({ ko }) => ko).join(' '),
  en: sentences.map(({ en }) => en).join(' '),
});

/** Why a device is not used by itself; null: it is. */
function reasonAgainst(name: Gpu, found: Probe | StudioError): StudioError | null {
  if (found instanceof StudioError) return found;
  const device = { device: CALLED[name] };
  switch (found.state) {
    case 'works':
      return isFaster(found.speed) ? null : new StudioError('device_slow', device);
    case 'unsupported':
      return new StudioError('device_unsupported', device, found.details);
    case 'not_installed':
      return new StudioError('device_not_installed', device, found.details);
    case 'no_gpu':
      return new StudioError('device_no_gpu', device, found.details);
    case 'wrong':
      return new StudioError('device_wrong', device, found.details);
    case 'failed':
      return new StudioError('device_failed', device, found.details);
  }
}

const isFaster = (speed: Speed | null): boolean => speed !== null && speed.device < speed.cpu;

/** How many times the CPU's speed; null where it was not measured. */
function fasterOf(found: Probe | StudioError): number | null {
  if (found instanceof StudioError || found.state !== 'works' || found.speed === null) return null;
  return Number((found.speed.cpu / found.speed.device).toPrecision(2));
}

function detailsOf(found: Probe | StudioError): string | null {
  if (found instanceof StudioError) return found.details ?? null;
  return found.state === 'works' ? null : found.details;
}
