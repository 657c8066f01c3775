/** The device of a job, as the daemon has chosen it. */
import type { DeviceName } from '../engine/runtime.ts';
import { StudioError } from '../errors.ts';
import { isShortage } from './failure.ts';
import type { JobHost } from './job.ts';
import type { DeviceOfJob } from './protocol.ts';

export interface Place {
  readonly device: DeviceName;
  /** Which of nvidia-smi's GPUs; null: the first. */
  readonly gpu: number | null;
}

const CPU: Place = { device: 'cpu', gpu: null };

let inUse: DeviceName = 'cpu';
/** What the job of this process computes on. */
export const deviceInUse = (): DeviceName => inUse;

/** What is wrong with the request itself is wrong on every device: its sizes, a file that is no model or cannot be read. */
const isOfRequest = (error: Error): boolean => ['ShapeError', 'OnnxFormatError', 'ModelInterfaceError'].includes(error.name) || 'syscall' in error;

/** Opens something on the job's device, or on the CPU where that device was not asked for by name and turns out not to serve; the log says which and why. */
export async function onDevice<T>({ device }: { device?: DeviceOfJob }, host: Pick<JobHost, 'log'>, open: (place: Place) => Promise<T>): Promise<T> {
  if (device === undefined) return open(CPU);
  const { why } = device;
  if (why !== null) host.log('info', `computes on ${device.name}: ${why.en}`, `계산 장치 ${device.name}: ${why.ko}`);
  inUse = device.name;
  try {
    return await open({ device: device.name, gpu: device.index });
  } catch (error) {
    if (isOfRequest(error as Error)) throw error;
    if (!device.fallback) {
      if (device.name === 'cpu' || isShortage(error)) throw error;
      throw new StudioError('device_unfit', { device: device.name }, (error as Error).message);
    }
    const { message } = error as Error;
    host.log(
      'warning',
      `${device.name} cannot do this work, so the CPU does it: ${message}`,
      `${device.name} 장치에서 실행할 수 없어 CPU로 실행합니다: ${message}`,
    );
    inUse = 'cpu';
    return open(CPU);
  }
}
