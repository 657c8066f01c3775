import type { Device, DeviceName } from '../runtime.ts';
import { cpu } from './cpu.ts';
import { cuda } from './cuda.ts';
import { webgpu } from './webgpu.ts';

/** The executors there are. Another one that takes the same graphs is one more line here. */
const devices: { readonly [name in DeviceName]: (threads: number) => Device | Promise<Device> } = {
  cuda: () => cuda(),
  webgpu: () => webgpu(),
  cpu: (threads) => cpu({ threads }),
};

/** Opens a device. `threads` are the CPU's. What it lacks shows when something is compiled for it. */
export async function openDevice(name: DeviceName, threads: number): Promise<Device> {
  return devices[name](threads);
}
