import type { Value } from '../engine/graph.ts';
import type { Architecture, ModelBuilder } from '../engine/model.ts';

/** A block takes its name, its input, its width and its stride, and gives its output. */
type Block = (model: ModelBuilder, name: string, x: Value, width: number, stride: number) => Value;

/** Two 3×3 convolutions (He et al. 2015, figure 5, left). */
const basic: Block = (model, name, x, width, stride) => {
  let y = model.conv(`${name}.conv1`, x, { out: width, kernel: 3, stride, padding: 1 });
  y = model.relu(model.batchNorm(`${name}.bn1`, y));
  y = model.conv(`${name}.conv2`, y, { out: width, kernel: 3, padding: 1 });
  y = model.batchNorm(`${name}.bn2`, y);
  return model.relu(model.add(y, shortcut(model, name, x, width, stride)));
};

/** 1×1, 3×3, 1×1 (figure 5, right), with the stride in the 3×3 as torchvision has it. */
const bottleneck: Block = (model, name, x, width, stride) => {
  let y = model.relu(model.batchNorm(`${name}.bn1`, model.conv(`${name}.conv1`, x, { out: width, kernel: 1 })));
  y = model.relu(model.batchNorm(`${name}.bn2`, model.conv(`${name}.conv2`, y, { out: width, kernel: 3, stride, padding: 1 })));
  y = model.batchNorm(`${name}.bn3`, model.conv(`${name}.conv3`, y, { out: width * 4, kernel: 1 }));
  return model.relu(model.add(y, shortcut(model, name, x, width * 4, stride)));
};

function shortcut(model: ModelBuilder, name: string, x: Value, out: number, stride: number): Value {
  if (stride === 1 && x.shape[1] === out) return x;
  return model.batchNorm(`${name}.downsample.1`, model.conv(`${name}.downsample.0`, x, { out, kernel: 1, stride }));
}

function resnet(name: string, block: Block, depths: readonly [number, number, number, number]): Architecture {
  return {
    name,
    build(model, images, classes) {
      model.stage();
      let x = model.conv('conv1', images, { out: 64, kernel: 7, stride: 2, padding: 3 });
      x = model.relu(model.batchNorm('bn1', x));
      x = model.maxPool(x, { kernel: 3, stride: 2, padding: 1 });
      depths.forEach((depth, stage) => {
        model.stage();
        for (let index = 0; index < depth; index++) {
          x = block(model, `layer${stage + 1}.${index}`, x, 64 << stage, stage > 0 && index === 0 ? 2 : 1);
        }
      });
      model.stage();
      return model.linear('fc', model.globalAveragePool(x), classes);
    },
  };
}

/** Residual networks as torchvision.models.resnet. */
export const resnets = {
  resnet18: resnet('resnet18', basic, [2, 2, 2, 2]),
  resnet34: resnet('resnet34', basic, [3, 4, 6, 3]),
  resnet50: resnet('resnet50', bottleneck, [3, 4, 6, 3]),
  resnet101: resnet('resnet101', bottleneck, [3, 4, 23, 3]),
  resnet152: resnet('resnet152', bottleneck, [3, 8, 36, 3]),
};
