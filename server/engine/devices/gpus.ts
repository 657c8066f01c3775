/** NVIDIA's GPUs, as nvidia-smi tells them. It can be missing, slow or stuck: nothing waits for it longer than a few seconds. */
import { access, constants } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import type { Gpu } from '../../http/schemas.ts';

type Smi = (callback: (error: unknown, data: unknown) => void) => void;

/** For the processes that compute on a GPU: CUDA otherwise counts the fastest first, nvidia-smi by their place on the bus. */
export const GPU_ORDER = { CUDA_DEVICE_ORDER: 'PCI_BUS_ID' };

const TIMEOUT_MS = 4000;

interface SmiProcess {
  pid?: string;
  used_memory?: string;
}

interface SmiGpu {
  product_name?: string;
  fb_memory_usage?: { total?: string; used?: string };
  utilization?: { gpu_util?: string };
  temperature?: { gpu_temp?: string };
  /** Text where nothing runs on it, or where it cannot tell. */
  processes?: string | { process_info?: SmiProcess | SmiProcess[] };
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

let asking: Promise<SmiGpu[] | null> | null = null;

const answerOf = (smi: Smi) => new Promise<SmiGpu[] | null>((done) => smi((error, data) => done(error ? null : listOf(data))));

async function ask(): Promise<SmiGpu[] | null> {
  if (!(await isInstalled())) return [];
  // A stuck nvidia-smi is not joined by others: its answer is waited for again.
  asking ??= answerOf(createRequire(import.meta.url)('node-nvidia-smi') as Smi).finally(() => {
    asking = null;
  });
  const timeout = new Promise<null>((done) => setTimeout(() => done(null), TIMEOUT_MS).unref());
  return Promise.race([asking, timeout]);
}

/** The GPUs of the box; empty without NVIDIA's tools; null where they did not answer in time. */
export async function readGpus(): Promise<Gpu[] | null> {
  // Numbers come as "1234 MiB", "37 %", "N/A".
  const found = (await ask())?.map((gpu) => ({
    name: gpu.product_name ?? 'NVIDIA GPU',
    memoryMb: number(gpu.fb_memory_usage?.total) ?? 0,
    usedMb: number(gpu.fb_memory_usage?.used) ?? 0,
    utilization: number(gpu.utilization?.gpu_util) ?? 0,
    temperature: number(gpu.temperature?.gpu_temp),
  }));
  return found ?? null;
}

/** Memory of all GPUs that a process uses, MiB by its pid; without those of which the driver does not tell it. null where it did not answer in time. */
export async function readGpuProcesses(): Promise<Map<number, number> | null> {
  const gpus = await ask();
  if (gpus === null) return null;
  const used = new Map<number, number>();
  for (const { processes } of gpus) {
    for (const { pid, used_memory } of typeof processes === 'object' ? several(processes.process_info) : []) {
      const [id, mb] = [number(pid), number(used_memory)];
      if (id !== null && mb !== null) used.set(id, (used.get(id) ?? 0) + mb);
    }
  }
  return used;
}

const listOf = (data: unknown): SmiGpu[] => several((data as { nvidia_smi_log?: { gpu?: SmiGpu | SmiGpu[] } } | null)?.nvidia_smi_log?.gpu);

/** What stands alone comes as an object, several as a list. */
const several = <T>(items: T | T[] | undefined): T[] => (items === undefined ? [] : Array.isArray(items) ? items : [items]);

function number(text: string | undefined): number | null {
  const value = Number.parseFloat(text ?? '');
  return Number.isFinite(value) ? Math.round(value) : null;
}
