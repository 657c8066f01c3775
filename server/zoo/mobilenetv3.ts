import type { Value } from '../engine/graph.ts';
import type { Architecture, ModelBuilder } from '../engine/model.ts';
import { convNorm, divisible, normalHead, squeezeExcitation } from './mobilelayers.ts';

type Activation = 'relu' | 'hardSwish';

/** These networks' norms. */
const norm = { epsilon: 1e-3, momentum: 0.01 };

/** Kernel, expanded channels, channels, squeeze-and-excitation, activation, stride. */
type Block = readonly [kernel: number, expanded: number, out: number, squeeze: boolean, activation: Activation, stride: number];

/** An inverted residual with squeeze-and-excitation (Howard et al. 2019, figure 4). */
function block(model: ModelBuilder, name: string, x: Value, [kernel, expanded, out, squeeze, activation, stride]: Block): Value {
  const into = x.shape[1]!;
  let place = 0;
  let y = x;
  if (expanded !== into) y = model[activation](convNorm(model, `${name}.block.${place++}`, y, { out: expanded, kernel: 1 }, norm));
  y = model[activation](convNorm(model, `${name}.block.${place++}`, y, { out: expanded, kernel, stride, groups: expanded }, norm));
  if (squeeze) {
    y = squeezeExcitation(model, `${name}.block.${place++}`, y, { squeeze: divisible(Math.floor(expanded / 4)), activation: 'relu', scale: 'hardSigmoid' });
  }
  y = convNorm(model, `${name}.block.${place}`, y, { out, kernel: 1 }, norm);
  return stride === 1 && into === out ? model.add(x, y) : y;
}

function mobilenetV3(name: string, blocks: readonly Block[], last: number): Architecture {
  return {
    name,
    build(model, images, classes) {
      model.stage();
      let x = model.hardSwish(convNorm(model, 'features.0', images, { out: 16, kernel: 3, stride: 2 }, norm));
      blocks.forEach((row, index) => {
        if (row[5] === 2) model.stage();
        x = block(model, `features.${index + 1}`, x, row);
      });
      x = model.hardSwish(convNorm(model, `features.${blocks.length + 1}`, x, { out: 6 * x.shape[1]!, kernel: 1 }, norm));
      model.stage();
      const features = model.hardSwish(model.linear('classifier.0', model.globalAveragePool(x), last, normalHead));
      return model.linear('classifier.3', model.dropout(features, 0.2), classes, normalHead);
    },
  };
}

/** As torchvision.models.mobilenetv3, width 1. Howard et al. 2019, "Searching for MobileNetV3", tables 1 and 2. */
export const mobilenetsV3 = {
  mobilenet_v3_small: mobilenetV3(
    'mobilenet_v3_small',
    [
      [3, 16, 16, true, 'relu', 2],
      [3, 72, 24, false, 'relu', 2],
      [3, 88, 24, false, 'relu', 1],
      [5, 96, 40, true, 'hardSwish', 2],
      [5, 240, 40, true, 'hardSwish', 1],
      [5, 240, 40, true, 'hardSwish', 1],
      [5, 120, 48, true, 'hardSwish', 1],
      [5, 144, 48, true, 'hardSwish', 1],
      [5, 288, 96, true, 'hardSwish', 2],
      [5, 576, 96, true, 'hardSwish', 1],
      [5, 576, 96, true, 'hardSwish', 1],
    ],
    1024,
  ),
  mobilenet_v3_large: mobilenetV3(
    'mobilenet_v3_large',
    [
      [3, 16, 16, false, 'relu', 1],
      [3, 64, 24, false, 'relu', 2],
      [3, 72, 24, false, 'relu', 1],
      [5, 72, 40, true, 'relu', 2],
      [5, 120, 40, true, 'relu', 1],
      [5, 120, 40, true, 'relu', 1],
      [3, 240, 80, false, 'hardSwish', 2],
      [3, 200, 80, false, 'hardSwish', 1],
      [3, 184, 80, false, 'hardSwish', 1],
      [3, 184, 80, false, 'hardSwish', 1],
      [3, 480, 112, true, 'hardSwish', 1],
      [3, 672, 112, true, 'hardSwish', 1],
      [5, 672, 160, true, 'hardSwish', 2],
      [5, 960, 160, true, 'hardSwish', 1],
      [5, 960, 160, true, 'hardSwish', 1],
    ],
    1280,
  ),
};
