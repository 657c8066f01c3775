import type { Random } from './random.ts';
import type { Shape, Tensor } from './tensor.ts';
import { elements } from './tensor.ts';

/** How a parameter starts. Distributions as torch.nn.init's. */
export type Initializer =
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'normal'; readonly deviation: number }
  | { readonly kind: 'uniform'; readonly bound: number }
  /** Normal with a variance of 2/fan (He et al. 2015), fan being that of the outputs or of the inputs. */
  | { readonly kind: 'kaimingNormal'; readonly fan: 'in' | 'out' };

/** Draws a parameter of a shape [out, in, ...kernel]. */
export function initialize(initializer: Initializer, shape: Shape, random: Random): Tensor {
  const data = new Float32Array(elements(shape));
  switch (initializer.kind) {
    case 'constant':
      data.fill(initializer.value);
      break;
    case 'uniform':
      for (let index = 0; index < data.length; index++) data[index] = (2 * random.uniform() - 1) * initializer.bound;
      break;
    case 'normal':
      fillNormal(data, initializer.deviation, random);
      break;
    case 'kaimingNormal': {
      const [out = 1, into = 1, ...kernel] = shape;
      fillNormal(data, Math.sqrt(2 / ((initializer.fan === 'out' ? out : into) * elements(kernel))), random);
    }
  }
  return { dtype: 'float32', shape, data };
}

function fillNormal(data: Float32Array, deviation: number, random: Random): void {
  for (let index = 0; index < data.length; index++) data[index] = random.normal() * deviation;
}
