import type { Value } from '../engine/graph.ts';
import type { Architecture, ModelBuilder } from '../engine/model.ts';

/** torchvision draws these networks' kernels over their inputs. */
const fan = 'in';

/** Norm, ReLU, 1×1, norm, ReLU, 3×3: `growth` new channels from all that are there (Huang et al. 2017, section 3, "bottleneck layers"). */
function layer(model: ModelBuilder, name: string, x: Value, growth: number): Value {
  let y = model.relu(model.batchNorm(`${name}.norm1`, x));
  y = model.conv(`${name}.conv1`, y, { out: 4 * growth, kernel: 1, fan });
  y = model.relu(model.batchNorm(`${name}.norm2`, y));
  return model.conv(`${name}.conv2`, y, { out: growth, kernel: 3, padding: 1, fan });
}

/** Halves the channels, the height and the width. */
function transition(model: ModelBuilder, name: string, x: Value): Value {
  const y = model.relu(model.batchNorm(`${name}.norm`, x));
  return model.averagePool(model.conv(`${name}.conv`, y, { out: Math.floor(x.shape[1]! / 2), kernel: 1, fan }), 2);
}

function densenet(name: string, growth: number, depths: readonly [number, number, number, number], initial: number): Architecture {
  return {
    name,
    build(model, images, classes) {
      model.stage();
      let x = model.conv('features.conv0', images, { out: initial, kernel: 7, stride: 2, padding: 3, fan });
      x = model.relu(model.batchNorm('features.norm0', x));
      x = model.maxPool(x, { kernel: 3, stride: 2, padding: 1 });
      depths.forEach((depth, block) => {
        model.stage();
        if (block > 0) x = transition(model, `features.transition${block}`, x);
        for (let index = 1; index <= depth; index++) {
          x = model.concat([x, layer(model, `features.denseblock${block + 1}.denselayer${index}`, x, growth)]);
        }
      });
      model.stage();
      x = model.relu(model.batchNorm('features.norm5', x));
      return model.linear('classifier', model.globalAveragePool(x), classes, { bias: { kind: 'constant', value: 0 } });
    },
  };
}

/** As torchvision.models.densenet. Huang et al. 2017, "Densely Connected Convolutional Networks", table 1. */
export const densenets = {
  densenet121: densenet('densenet121', 32, [6, 12, 24, 16], 64),
  densenet161: densenet('densenet161', 48, [6, 12, 36, 24], 96),
  densenet169: densenet('densenet169', 32, [6, 12, 32, 32], 64),
  densenet201: densenet('densenet201', 32, [6, 12, 48, 32], 64),
};
