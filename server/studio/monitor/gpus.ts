/** NVIDIA's GPUs, as nvidia-smi tells them. It can be missing, slow or stuck: nothing waits for it longer than a few seconds. */
import { access, constants } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import type { Gpu } from '../../http/schemas.ts';

type Smi = (callback: (error: unknown, data: unknown) => void) => void;
const smi = createRequire(import.meta.url)('node-nvidia-smi') as Smi;

const TIMEOUT_MS = 4000;

interface SmiGpu {
  product_name?: string;
  fb_memory_usage?: { total?: string; used?: string };
  utilization?: { gpu_util?: string };
  temperature?: { gpu_temp?: string };
}

async function isInstalled(): Promise<boolean> {
  for (const dir of (process.env.PATH ?? '').split(delimiter)) {
    const found = await access(join(dir, 'nvidia-smi'), constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return true;
  }
  return false;
}

let asking: Promise<Gpu[] | null> | null = null;

/** The GPUs of the box; empty without NVIDIA's tools; null where they did not answer in time. */
export async function readGpus(): Promise<Gpu[] | null> {
  if (!(await isInstalled())) return [];
  // A stuck nvidia-smi is not joined by others: its answer is waited for again.
  asking ??= new Promise<Gpu[] | null>((done) => smi((error, data) => done(error ? null : parse(data)))).finally(() => {
    asking = null;
  });
  const timeout = new Promise<null>((done) => setTimeout(() => done(null), TIMEOUT_MS).unref());
  return Promise.race([asking, timeout]);
}

/** A lone GPU comes as an object, several as a list. Numbers come as "1234 MiB", "37 %", "N/A". */
export function parse(data: unknown): Gpu[] {
  const gpu = (data as { nvidia_smi_log?: { gpu?: SmiGpu | SmiGpu[] } } | null)?.nvidia_smi_log?.gpu;
  const list = gpu === undefined ? [] : Array.isArray(gpu) ? gpu : [gpu];
  return list.map((item) => ({
    name: item.product_name ?? 'NVIDIA GPU',
    memoryMb: number(item.fb_memory_usage?.total) ?? 0,
    usedMb: number(item.fb_memory_usage?.used) ?? 0,
    utilization: number(item.utilization?.gpu_util) ?? 0,
    temperature: number(item.temperature?.gpu_temp),
  }));
}

function number(text: string | undefined): number | null {
  const value = Number.parseFloat(text ?? '');
  return Number.isFinite(value) ? Math.round(value) : null;
}
