import type { ActivationOps } from './activation.ts';
import { activation } from './activation.ts';
import type { AdamOps } from './adam.ts';
import { adam } from './adam.ts';
import type { AveragePoolingOps } from './averagepooling.ts';
import { averagePooling } from './averagepooling.ts';
import type { ConvolutionOps } from './convolution.ts';
import { convolution } from './convolution.ts';
import type { ElementwiseOps } from './elementwise.ts';
import { elementwise } from './elementwise.ts';
import type { JoiningOps } from './joining.ts';
import { joining } from './joining.ts';
import type { LossOps } from './loss.ts';
import { loss } from './loss.ts';
import type { MatrixOps } from './matrix.ts';
import { matrix } from './matrix.ts';
import type { NormalizationOps } from './normalization.ts';
import { normalization } from './normalization.ts';
import type { PoolingOps } from './pooling.ts';
import { pooling } from './pooling.ts';
import type { ReductionOps } from './reduction.ts';
import { reduction } from './reduction.ts';
import type { Rule } from './rule.ts';
import type { ScalingOps } from './scaling.ts';
import { scaling } from './scaling.ts';
import type { ShapingOps } from './shaping.ts';
import { shaping } from './shaping.ts';
import type { UpdateOps } from './update.ts';
import { update } from './update.ts';

/** Every operator's attributes, by its name. */
export type OpAttributes = ElementwiseOps &
  ReductionOps &
  ShapingOps &
  MatrixOps &
  ConvolutionOps &
  NormalizationOps &
  PoolingOps &
  LossOps &
  UpdateOps &
  ActivationOps &
  AveragePoolingOps &
  JoiningOps &
  ScalingOps &
  AdamOps;
export type OpName = keyof OpAttributes;

/** The operator table. An operator without a rule does not compile. */
export const rules: { readonly [op in OpName]: Rule<op> } = {
  ...elementwise,
  ...reduction,
  ...shaping,
  ...matrix,
  ...convolution,
  ...normalization,
  ...pooling,
  ...loss,
  ...update,
  ...activation,
  ...averagePooling,
  ...joining,
  ...scaling,
  ...adam,
};
