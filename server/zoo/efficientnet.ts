import type { Value } from '../engine/graph.ts';
import type { Architecture, ModelBuilder } from '../engine/model.ts';
import { convNorm, divisible, squeezeExcitation } from './mobilelayers.ts';

interface Block {
  readonly expansion: number;
  readonly kernel: number;
  readonly stride: number;
  readonly out: number;
  /** Probability that a picture skips the block while training. */
  readonly drop: number;
}

/** An inverted residual with squeeze-and-excitation and stochastic depth (Tan & Le 2019, section 4). */
function block(model: ModelBuilder, name: string, x: Value, { expansion, kernel, stride, out, drop }: Block): Value {
  const into = x.shape[1]!;
  const expanded = divisible(into * expansion);
  let place = 0;
  let y = x;
  if (expanded !== into) y = model.silu(convNorm(model, `${name}.block.${place++}`, y, { out: expanded, kernel: 1 }));
  y = model.silu(convNorm(model, `${name}.block.${place++}`, y, { out: expanded, kernel, stride, groups: expanded }));
  y = squeezeExcitation(model, `${name}.block.${place++}`, y, { squeeze: Math.max(1, Math.floor(into / 4)), activation: 'silu', scale: 'sigmoid' });
  y = convNorm(model, `${name}.block.${place}`, y, { out, kernel: 1 });
  return stride === 1 && into === out ? model.add(model.stochasticDepth(y, drop), x) : y;
}

/** Expansion, kernel, stride, channels and blocks of each stage of B0 (table 1). */
const stages = [
  [1, 3, 1, 16, 1],
  [6, 3, 2, 24, 2],
  [6, 5, 2, 40, 2],
  [6, 3, 2, 80, 3],
  [6, 5, 1, 112, 3],
  [6, 5, 2, 192, 4],
  [6, 3, 1, 320, 1],
] as const;

function efficientnet(name: string, width: number, depth: number, dropout: number): Architecture {
  const wide = (channels: number) => divisible(channels * width);
  const blocks = stages.map(([, , , , count]) => Math.ceil(count * depth));
  const total = blocks.reduce((sum, count) => sum + count, 0);
  return {
    name,
    build(model, images, classes) {
      model.stage();
      let x = model.silu(convNorm(model, 'features.0', images, { out: wide(32), kernel: 3, stride: 2 }));
      let place = 0;
      stages.forEach(([expansion, kernel, stride, channels], stage) => {
        model.stage();
        for (let index = 0; index < blocks[stage]!; index++) {
          const drop = (0.2 * place++) / total;
          x = block(model, `features.${stage + 1}.${index}`, x, { expansion, kernel, stride: index === 0 ? stride : 1, out: wide(channels), drop });
        }
      });
      model.stage();
      x = model.silu(convNorm(model, `features.${stages.length + 1}`, x, { out: 4 * x.shape[1]!, kernel: 1 }));
      model.stage();
      return model.linear('classifier.1', model.dropout(model.globalAveragePool(x), dropout), classes, {
        weight: { kind: 'uniform', bound: 1 / Math.sqrt(classes) },
        bias: { kind: 'constant', value: 0 },
      });
    },
  };
}

/** As torchvision.models.efficientnet. Tan & Le 2019, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks". */
export const efficientnets = {
  efficientnet_b0: efficientnet('efficientnet_b0', 1, 1, 0.2),
  efficientnet_b1: efficientnet('efficientnet_b1', 1, 1.1, 0.2),
  efficientnet_b2: efficientnet('efficientnet_b2', 1.1, 1.2, 0.3),
  efficientnet_b3: efficientnet('efficientnet_b3', 1.2, 1.4, 0.3),
};
