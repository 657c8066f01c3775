/** Turns whatever a job throws into a failure of the catalogue. */
import type { DeviceName } from '../engine/runtime.ts';
import { StudioError } from '../errors.ts';
import type { JobSpec } from './protocol.ts';

/** How the allocators of libstdc++, ONNX Runtime (CPU arena, CUDA, WebGPU), V8 and libvips say that memory has run out. */
const NO_MEMORY =
  /bad_alloc|bad_array_new_length|failed to allocate|allocation fail|out of memory|out_of_memory|cannot allocate memory|ENOMEM|Invalid typed array length/i;

/** Of these the memory of the process alone: a GPU's memory is never allocated so. */
const NO_PROCESS_MEMORY = /bad_alloc|bad_array_new_length|cannot allocate memory|ENOMEM|Invalid typed array length/i;

/** The parts of a job's spec that tell what to do about its memory. */
type Spec = Pick<JobSpec, 'kind' | 'memoryMb'> & { parameters?: { batch_size: number } };

export function outOfMemory(spec: Spec, details?: string): StudioError {
  const limit = { limitMb: spec.memoryMb };
  switch (spec.kind) {
    case 'train': {
      const batch = spec.parameters?.batch_size ?? 1;
      if (batch < 2) return new StudioError('out_of_memory', limit, details);
      return new StudioError('out_of_memory_batch', { ...limit, batch, proposed: Math.floor(batch / 2) }, details);
    }
    case 'infer':
      return new StudioError('out_of_memory_inference', limit, details);
    case 'preflight':
      return new StudioError('preflight_out_of_memory', limit, details);
    case 'weights':
      return new StudioError('weights_too_large', limit, details);
    default:
      return new StudioError('out_of_memory_data', limit, details);
  }
}

/** Of a job that has used `usedMb` of a GPU's memory where its preset allows `limitMb`. */
export function outOfGpuMemory(spec: Spec, limitMb: number, usedMb: number): StudioError {
  const batch = spec.parameters?.batch_size ?? 1;
  if (batch < 2) return new StudioError('out_of_gpu_memory', { limitMb, usedMb });
  return new StudioError('out_of_gpu_memory_batch', { limitMb, usedMb, batch, proposed: Math.floor(batch / 2) });
}

/** Of a job that the GPU itself has refused memory. */
function gpuIsFull(spec: Spec, details: string): StudioError {
  if (spec.kind === 'infer') return new StudioError('gpu_full_now', {}, details);
  const batch = spec.parameters?.batch_size ?? 1;
  return batch < 2 ? new StudioError('gpu_full', {}, details) : new StudioError('gpu_full_batch', { batch, proposed: Math.floor(batch / 2) }, details);
}

/** Whether memory has run out. */
export const isShortage = (error: unknown): boolean => NO_MEMORY.test((error as Error).message);

/** `device`: what the job computed on. */
export function asStudioError(error: unknown, spec: Spec, device: DeviceName = 'cpu'): StudioError {
  if (error instanceof StudioError) return error;
  const text = error instanceof Error ? `${error.message} ${(error as NodeJS.ErrnoException).code ?? ''}` : String(error);
  const details = error instanceof Error ? (error.stack ?? error.message) : String(error);
  if (/ENOSPC|EDQUOT/.test(text)) return new StudioError('disk_full', {}, details);
  if (NO_MEMORY.test(text)) return device === 'cpu' || NO_PROCESS_MEMORY.test(text) ? outOfMemory(spec, details) : gpuIsFull(spec, details);
  return new StudioError('internal', {}, details);
}
