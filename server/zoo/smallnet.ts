import type { Value } from '../engine/graph.ts';
import type { Architecture, ModelBuilder } from '../engine/model.ts';

const convolved = (model: ModelBuilder, name: string, x: Value, out: number, stride: number) =>
  model.relu(model.batchNorm(`${name}.bn`, model.conv(`${name}.conv`, x, { out, kernel: 3, stride, padding: 1 })));

/**
 * Our own small network for pictures of 28 to 64 pixels and weak boxes: three stages of two 3×3 convolutions, the second of each beside a shortcut; the
 * resolution halves between stages. 0.29 million parameters. It is a narrow residual network without a stem (after He et al. 2015, section 4.2).
 */
const smallnet: Architecture = {
  name: 'smallnet',
  build(model, images, classes) {
    let x = images;
    [32, 64, 128].forEach((width, stage) => {
      model.stage();
      x = convolved(model, `stages.${stage}.0`, x, width, stage === 0 ? 1 : 2);
      x = model.add(x, convolved(model, `stages.${stage}.1`, x, width, 1));
    });
    model.stage();
    return model.linear('classifier', model.dropout(model.globalAveragePool(x), 0.1), classes);
  },
};

export const smallnets = { smallnet };
