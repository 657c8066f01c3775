import type { Value } from '../engine/graph.ts';
import type { Architecture, ConvOptions, ModelBuilder } from '../engine/model.ts';
import { convNorm, normalHead } from './mobilelayers.ts';

const activated = (model: ModelBuilder, name: string, x: Value, layer: ConvOptions) => model.relu6(convNorm(model, name, x, layer));

/** Widen by 1×1, filter each channel by 3×3, narrow by 1×1 without an activation (Sandler et al. 2018, figure 4). */
function invertedResidual(model: ModelBuilder, name: string, x: Value, out: number, stride: number, expansion: number): Value {
  const into = x.shape[1]!;
  const hidden = into * expansion;
  let place = 0;
  let y = x;
  if (expansion !== 1) y = activated(model, `${name}.conv.${place++}`, y, { out: hidden, kernel: 1 });
  y = activated(model, `${name}.conv.${place++}`, y, { out: hidden, kernel: 3, stride, groups: hidden });
  y = model.batchNorm(`${name}.conv.${place + 1}`, model.conv(`${name}.conv.${place}`, y, { out, kernel: 1 }));
  return stride === 1 && into === out ? model.add(x, y) : y;
}

/** Expansion, channels, blocks and stride of each stage (table 2). */
const stages = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;

const mobilenetV2: Architecture = {
  name: 'mobilenet_v2',
  build(model, images, classes) {
    model.stage();
    let x = activated(model, 'features.0', images, { out: 32, kernel: 3, stride: 2 });
    let place = 1;
    for (const [expansion, out, blocks, stride] of stages) {
      model.stage();
      for (let block = 0; block < blocks; block++) x = invertedResidual(model, `features.${place++}`, x, out, block === 0 ? stride : 1, expansion);
    }
    model.stage();
    x = activated(model, `features.${place}`, x, { out: 1280, kernel: 1 });
    model.stage();
    return model.linear('classifier.1', model.dropout(model.globalAveragePool(x), 0.2), classes, normalHead);
  },
};

/** As torchvision.models.mobilenet_v2, width 1. Sandler et al. 2018, "MobileNetV2: Inverted Residuals and Linear Bottlenecks". */
export const mobilenetsV2 = { mobilenet_v2: mobilenetV2 };
