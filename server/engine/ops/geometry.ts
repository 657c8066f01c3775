import type { OnnxAttribute } from '../onnx.ts';
import { ShapeError } from './rule.ts';

export interface Window {
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
}

export interface Convolution {
  readonly stride: number;
  readonly padding: number;
  readonly dilation: number;
  readonly groups: number;
}

/** Output length of a window that slides along `length`. */
export function slid(length: number, { kernel, stride, padding }: Window): number {
  const output = Math.floor((length + 2 * padding - kernel) / stride) + 1;
  if (output < 1) throw new ShapeError(`a window of ${kernel} does not fit into ${length} with a padding of ${padding}`);
  return output;
}

export function windowAttributes({ kernel, stride, padding }: Window): Record<string, OnnxAttribute> {
  return { kernel_shape: { ints: [kernel, kernel] }, strides: { ints: [stride, stride] }, pads: { ints: [padding, padding, padding, padding] } };
}

/** Height or width of the output. */
export function convolved(length: number, kernel: number, { stride, padding, dilation }: Convolution): number {
  return slid(length, { kernel: (kernel - 1) * dilation + 1, stride, padding });
}

export function convAttributes({ stride, padding, dilation, groups }: Convolution, kernel: readonly [number, number]): Record<string, OnnxAttribute> {
  return {
    kernel_shape: { ints: kernel },
    strides: { ints: [stride, stride] },
    pads: { ints: [padding, padding, padding, padding] },
    dilations: { ints: [dilation, dilation] },
    group: { int: groups },
  };
}
