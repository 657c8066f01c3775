/** The state of the box. It is measured in the background; who asks gets the last figures at once. */

import { statfs } from 'node:fs/promises';
import { cpus } from 'node:os';
import si from 'systeminformation';
import { readGpus } from '../../engine/devices/gpus.ts';
import type { Monitor as Figures, Gpu } from '../../http/schemas.ts';

const EVERY_MS = 5000;
const GPUS_EVERY_MS = 15_000;

export class Monitor {
  readonly #data: string;
  readonly #version: string;
  readonly #startedAt = Date.now();
  #figures: Figures;
  #gpus: Gpu[] = [];
  #gpusAnswer = true;
  #gpusAt = 0;
  #times = cpuTimes();
  #timer: NodeJS.Timeout | null = null;

  constructor(data: string, version: string) {
    this.#data = data;
    this.#version = version;
    const model = cpus()[0]?.model.trim() ?? '';
    this.#figures = {
      cpu: { model, cores: cpus().length, load: 0 },
      memory: { totalBytes: 0, usedBytes: 0 },
      disk: { totalBytes: 0, freeBytes: 0 },
      gpus: [],
      gpuNote: null,
      uptimeSeconds: 0,
      version,
    };
  }

  /** Measures once, then again and again. */
  async start(): Promise<void> {
    await this.#measure();
    const next = () => {
      this.#timer = setTimeout(
        () =>
          void this.#measure()
            .catch(() => {})
            .finally(next),
        EVERY_MS,
      );
      this.#timer.unref();
    };
    next();
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  read(): Figures {
    return { ...this.#figures, uptimeSeconds: Math.round((Date.now() - this.#startedAt) / 1000), version: this.#version };
  }

  async #measure(): Promise<void> {
    const [memory, disk] = await Promise.all([si.mem(), statfs(this.#data)]);
    if (Date.now() - this.#gpusAt > GPUS_EVERY_MS) {
      this.#gpusAt = Date.now();
      const gpus = await readGpus();
      this.#gpusAnswer = gpus !== null;
      this.#gpus = gpus ?? [];
    }
    const times = cpuTimes();
    const total = times.total - this.#times.total;
    const load = total > 0 ? 1 - (times.idle - this.#times.idle) / total : this.#figures.cpu.load / 100;
    this.#times = times;
    this.#figures = {
      ...this.#figures,
      cpu: { ...this.#figures.cpu, load: Math.round(Math.max(0, Math.min(1, load)) * 1000) / 10 },
      memory: { totalBytes: memory.total, usedBytes: memory.total - memory.available },
      disk: { totalBytes: disk.blocks * disk.bsize, freeBytes: disk.bavail * disk.bsize },
      gpus: this.#gpus,
      gpuNote: this.#note(),
    };
  }

  #note(): Figures['gpuNote'] {
    if (!this.#gpusAnswer) {
      return { ko: 'nvidia-smi가 응답하지 않습니다. GPU 드라이버를 확인해 주세요.', en: 'nvidia-smi does not answer. Check the driver of the GPU.' };
    }
    if (this.#gpus.length === 0) return { ko: 'NVIDIA GPU를 찾지 못했습니다.', en: 'No NVIDIA GPU was found.' };
    return null;
  }
}

function cpuTimes(): { idle: number; total: number } {
  let idle = 0;
  let total = 0;
  for (const { times } of cpus()) {
    idle += times.idle;
    total += times.user + times.nice + times.sys + times.idle + times.irq;
  }
  return { idle, total };
}
