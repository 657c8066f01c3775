/** The names under which others keep the weights of our architectures, as ours, which are torchvision's. */

/** Wrappers put their own name before every weight. */
const PREFIXES = ['module.', '_orig_mod.', 'model.', 'backbone.', 'encoder.', 'net.'];

/** The names without what most of them begin with; a wrapper may keep a few of its own beside them. Keys: as in the file. */
export function withoutPrefixes(names: Iterable<string>): Map<string, string> {
  let plain = new Map([...names].map((name) => [name, name]));
  for (;;) {
    const prefix = PREFIXES.find((candidate) => 2 * [...plain.values()].filter((name) => name.startsWith(candidate)).length > plain.size);
    if (prefix === undefined) return plain;
    plain = new Map([...plain].map(([name, short]) => [name, short.startsWith(prefix) ? short.slice(prefix.length) : short]));
  }
}

/** PyTorch before 0.4 had a dot in the names of densenet's layers: torchvision's published weights still have it. */
const dotted = (name: string) => name.replace(/^(.*denselayer\d+\.(?:norm|relu|conv))\.((?:[12])\.(?:weight|bias|running_mean|running_var))$/, '$1$2');

/** What a block of timm's inverted residuals is made of: the place of each layer in torchvision's block, by whether it widens and whether it squeezes. */
function inverted(
  layer: string,
  widens: boolean,
  squeezes: boolean,
  place: (index: number, part: 0 | 1) => string,
  last: (part: 0 | 1) => string,
): string | null {
  const wide = widens ? 1 : 0;
  const table: Record<string, string> = widens
    ? { conv_pw: place(0, 0), bn1: place(0, 1), conv_dw: place(1, 0), bn2: place(1, 1), conv_pwl: last(0), bn3: last(1) }
    : { conv_dw: place(0, 0), bn1: place(0, 1), conv_pw: last(0), bn2: last(1) };
  if (squeezes) {
    table['se.conv_reduce'] = `block.${wide + 1}.fc1`;
    table['se.conv_expand'] = `block.${wide + 1}.fc2`;
  }
  return table[layer] ?? null;
}

interface TimmName {
  stage: number;
  block: number;
  layer: string;
  leaf: string;
}

const timmName = (name: string): TimmName | null => {
  const parts = /^blocks\.(\d+)\.(\d+)\.(.+)\.(weight|bias|running_mean|running_var)$/.exec(name);
  return parts === null ? null : { stage: Number(parts[1]), block: Number(parts[2]), layer: parts[3]!, leaf: parts[4]! };
};

/** timm's EfficientNets, MobileNetV2 and V3 share one structure: conv_stem, bn1, blocks.STAGE.BLOCK.LAYER, conv_head, classifier. */
function fromTimm(architecture: string, names: readonly string[]): Map<string, string> {
  const renamed = new Map<string, string>();
  const family = /^(efficientnet|mobilenet_v2|mobilenet_v3)/.exec(architecture)?.[1];
  if (family === undefined || !names.includes('conv_stem.weight')) return renamed;
  const blocks = names.flatMap((name) => timmName(name) ?? []);
  const order = [...new Set(blocks.map(({ stage, block }) => stage * 1000 + block))].sort((a, b) => a - b);
  /** Blocks are numbered through from 1. */
  const places = new Map(order.map((key, index) => [key, index + 1]));
  const has = (stage: number, block: number, layer: string) => names.includes(`blocks.${stage}.${block}.${layer}.weight`);
  const lastPlace = family === 'efficientnet' ? 8 : family === 'mobilenet_v2' ? 18 : order.length;
  const simple = (layer: string): string | null => {
    const heads: Record<string, string> =
      family === 'mobilenet_v3'
        ? { conv_head: 'classifier.0', classifier: 'classifier.3' }
        : { conv_head: `features.${lastPlace}.0`, bn2: `features.${lastPlace}.1`, classifier: 'classifier.1' };
    return { conv_stem: 'features.0.0', bn1: 'features.0.1', ...heads }[layer] ?? null;
  };
  for (const name of names) {
    const of = timmName(name);
    const leaf = /\.(weight|bias|running_mean|running_var)$/.exec(name)?.[1];
    let to: string | null = null;
    if (of !== null) {
      const { stage, block, layer } = of;
      const place = places.get(stage * 1000 + block)!;
      const widens = has(stage, block, 'conv_pwl');
      if (family === 'mobilenet_v3' && layer === 'conv') to = `features.${place}.0`;
      else if (family === 'mobilenet_v3' && layer === 'bn1' && has(stage, block, 'conv')) to = `features.${place}.1`;
      else if (family === 'mobilenet_v2') {
        const wide = widens ? 2 : 1;
        to = inverted(
          layer,
          widens,
          false,
          (index, part) => `conv.${index}.${part}`,
          (part) => `conv.${wide + part}`,
        );
        to = to && `features.${place}.${to}`;
      } else {
        const squeezes = has(stage, block, 'se.conv_reduce');
        const end = (widens ? 2 : 1) + (squeezes ? 1 : 0);
        to = inverted(
          layer,
          widens,
          squeezes,
          (index, part) => `block.${index}.${part}`,
          (part) => `block.${end}.${part}`,
        );
        to = to && (family === 'efficientnet' ? `features.${stage + 1}.${block}.${to}` : `features.${place}.${to}`);
      }
    } else if (leaf !== undefined) to = simple(name.slice(0, -leaf.length - 1));
    if (to !== null && leaf !== undefined) renamed.set(name, `${to}.${leaf}`);
  }
  return renamed;
}

/** By the names of a file, the names that our architecture would give them; those that nobody knows stay as they are. */
export function ourNames(architecture: string, names: Iterable<string>): Map<string, string> {
  const plain = withoutPrefixes(names);
  const timm = fromTimm(architecture, [...plain.values()]);
  return new Map([...plain].map(([name, short]) => [name, timm.get(short) ?? dotted(short)]));
}
