/** Turns whatever a job throws into a failure of the catalogue. */
import { StudioError } from '../errors.ts';
import type { JobSpec } from './protocol.ts';

/** How the allocators of libstdc++, ONNX Runtime (CPU arena, CUDA, WebGPU), V8 and libvips say that memory has run out. */
const NO_MEMORY =
  /bad_alloc|bad_array_new_length|failed to allocate|allocation fail|out of memory|out_of_memory|cannot allocate memory|ENOMEM|Invalid typed array length/i;

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
      return new StudioError('out_of_memory', limit, details);
    case 'preflight':
      return new StudioError('preflight_out_of_memory', limit, details);
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

/** Whether memory has run out. */
export const isShortage = (error: unknown): boolean => NO_MEMORY.test((error as Error).message);

export function asStudioError(error: unknown, spec: Spec): StudioError {
  if (error instanceof StudioError) return error;
  const text = error instanceof Error ? `${error.message} ${(error as NodeJS.ErrnoException).code ?? ''}` : String(error);
  const details = error instanceof Error ? (error.stack ?? error.message) : String(error);
  if (/ENOSPC|EDQUOT/.test(text)) return new StudioError('disk_full', {}, details);
  if (NO_MEMORY.test(text)) return outOfMemory(spec, details);
  return new StudioError('internal', {}, details);
}
