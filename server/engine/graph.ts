import type { DType, Shape } from './tensor.ts';

export interface Value {
  readonly id: number;
  readonly dtype: DType;
  readonly shape: Shape;
}
