import type { Architecture } from '../engine/model.ts';

export type ArchitectureName = 'resnet18' | 'resnet34' | 'resnet50' | 'resnet101' | 'resnet152';

function pending(name: string): Architecture {
  return {
    name,
    build: () => {
      throw new Error('not built yet');
    },
  };
}

export const architectures: { readonly [name in ArchitectureName]: Architecture } = {
  resnet18: pending('resnet18'),
  resnet34: pending('resnet34'),
  resnet50: pending('resnet50'),
  resnet101: pending('resnet101'),
  resnet152: pending('resnet152'),
};

/** Cost of one picture's forward pass in 1e9 multiply-adds, and the number of trainable values. */
export function describe(_architecture: ArchitectureName, _classes: number, _size: number): { gflops: number; parameters: number } {
  throw new Error('not built yet');
}
