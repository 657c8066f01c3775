import { multiplyAdds, trainedValues } from '../engine/cost.ts';
import type { Architecture } from '../engine/model.ts';
import { blueprint } from '../engine/model.ts';
import { densenets } from './densenet.ts';
import { efficientnets } from './efficientnet.ts';
import { mobilenetsV2 } from './mobilenetv2.ts';
import { mobilenetsV3 } from './mobilenetv3.ts';
import { resnets } from './resnet.ts';
import { smallnets } from './smallnet.ts';

const all = { ...resnets, ...densenets, ...efficientnets, ...mobilenetsV2, ...mobilenetsV3, ...smallnets };

export type ArchitectureName = keyof typeof all;

export const architectures: { readonly [name in ArchitectureName]: Architecture } = all;

export function isArchitecture(name: string): name is ArchitectureName {
  return Object.hasOwn(architectures, name);
}

/**
 * Cost of one picture's forward pass in 1e9 multiply-adds (what torchvision's tables call GFLOPS), and the number of trained values.
 * Both are counted on the graph. `freezable`: its stages but for the head. Throws ShapeError where `size` is too small for the architecture.
 */
export function describe(architecture: ArchitectureName, classes: number, size: number): { gflops: number; parameters: number; freezable: number } {
  const batch = 2;
  const { graph, parameters, logits, stages } = blueprint(architectures[architecture], classes, size, batch);
  return { gflops: multiplyAdds(graph, [logits]) / batch / 1e9, parameters: trainedValues(parameters), freezable: stages - 1 };
}
