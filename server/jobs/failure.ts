/** Turns whatever a job throws into a failure of the catalogue. */
import { StudioError } from '../errors.ts';
import type { JobSpec } from './protocol.ts';

/** How the allocators of libstdc++, ONNX Runtime (CPU arena, CUDA, WebGPU), V8 and libvips say that memory has run out. */
const NO_MEMORY =
  /bad_alloc|bad_array_new_length|failed to allocate|allocation fail|out of memory|out_of_memory|cannot allocate memory|ENOMEM|Invalid typed array length/i;

export function outOfMemory(spec: Pick<JobSpec, 'kind' | 'memoryMb'>, details?: string): StudioError {
  const code = spec.kind === 'train' || spec.kind === 'infer' ? 'out_of_memory' : 'out_of_memory_data';
  return new StudioError(code, { limitMb: spec.memoryMb }, details);
}

export function asStudioError(error: unknown, spec: Pick<JobSpec, 'kind' | 'memoryMb'>): StudioError {
  if (error instanceof StudioError) return error;
  const text = error instanceof Error ? `${error.message} ${(error as NodeJS.ErrnoException).code ?? ''}` : String(error);
  const details = error instanceof Error ? (error.stack ?? error.message) : String(error);
  if (/ENOSPC|EDQUOT/.test(text)) return new StudioError('disk_full', {}, details);
  if (NO_MEMORY.test(text)) return outOfMemory(spec, details);
  return new StudioError('internal', {}, details);
}
