import type { Value } from './graph.ts';

/** What the zoo's architectures are written against: names layers, declares parameters and builds the graph. */
export interface ModelBuilder {
  readonly training: boolean;
}

export interface Architecture {
  readonly name: string;
  /** Builds the network on normalised images [n,3,h,w]; returns the logits [n,classes]. */
  build(model: ModelBuilder, images: Value, classes: number): Value;
}
