import type { Device, DeviceName } from '../runtime.ts';
import { cpu } from './cpu.ts';
import { cuda } from './cuda.ts';
import { webgpu } from './webgpu.ts';

/** The executors there are. Another one that takes the same graphs is one more line here. */
const devices: { readonly [name in DeviceName]: (threads: number, gpu: number | null) => Device | Promise<Device> } = {
  cuda: (_, gpu) => cuda({ deviceId: gpu ?? 0 }),
  webgpu: () => webgpu(),
  cpu: (threads) => cpu({ threads }),
};

/** Opens a device. `threads` are the CPU's; `gpu` counts as nvidia-smi does (WebGPU cannot be told which, and takes the fastest). What it lacks shows when something is compiled for it. */
export async function openDevice(name: DeviceName, threads: number, gpu: number | null = null): Promise<Device> {
  return devices[name](threads, gpu);
}
