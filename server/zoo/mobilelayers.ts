import type { Value } from '../engine/graph.ts';
import type { ConvOptions, LinearOptions, ModelBuilder, NormOptions } from '../engine/model.ts';

/** What the networks made of inverted residuals share. */

/** A convolution that keeps the size (but for its stride), NAME.0, and its batch norm, NAME.1. */
export function convNorm(model: ModelBuilder, name: string, x: Value, options: ConvOptions, norm: NormOptions = {}): Value {
  return model.batchNorm(`${name}.1`, model.conv(`${name}.0`, x, { ...options, padding: (options.kernel - 1) / 2 }), norm);
}

/** The multiple of 8 nearest to `channels`, but never more than a tenth below it (reference code of Sandler et al. 2018). */
export function divisible(channels: number): number {
  const nearest = Math.max(8, Math.floor((channels + 4) / 8) * 8);
  return nearest < 0.9 * channels ? nearest + 8 : nearest;
}

export interface SqueezeExcitation {
  /** Channels between the two 1×1 convolutions. */
  readonly squeeze: number;
  readonly activation: 'relu' | 'silu';
  readonly scale: 'sigmoid' | 'hardSigmoid';
}

/** Each channel of `x` [n,c,h,w] scaled by what two small layers make of the channels' means (Hu et al. 2018, figure 3). */
export function squeezeExcitation(model: ModelBuilder, name: string, x: Value, { squeeze, activation, scale }: SqueezeExcitation): Value {
  const means = model.graph.op('reduceMean', [x], { axes: [2, 3], keepDims: true });
  const narrow = model[activation](model.conv(`${name}.fc1`, means, { out: squeeze, kernel: 1, bias: true }));
  const gates = model[scale](model.conv(`${name}.fc2`, narrow, { out: x.shape[1]!, kernel: 1, bias: true }));
  return model.graph.op('scaleChannels', [x, gates], {});
}

/** How torchvision's MobileNets start their linear layers. */
export const normalHead: LinearOptions = { weight: { kind: 'normal', deviation: 0.01 }, bias: { kind: 'constant', value: 0 } };
