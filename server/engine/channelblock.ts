import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { Graph } from './graph.ts';
import { lower } from './lowering.ts';
import { encodeOnnx } from './onnx.ts';

/** Widths of a channel block that the runtime has: 16 with AVX-512, 8 with AVX2. */
const widths = [16, 8];

let found: Promise<number> | undefined;

/**
 * Width of the runtime's channel blocks on this machine, found by trying: a convolution laid out by hand for a width must give what the
 * standard one gives. 0 where none does; then nothing is blocked. The layout is an internal one of ONNX Runtime's (MLAS "NCHWc"), so this is
 * asked once in every process and never taken for granted.
 */
export function channelBlock(): Promise<number> {
  found ??= probe();
  return found;
}

async function probe(): Promise<number> {
  const [x, w] = [ramp(2 * 16 * 5 * 4, 7), ramp(32 * 16 * 3 * 3, 11)];
  const expected = await convolved(0, x, w);
  for (const width of widths) {
    const result = await convolved(width, x, w).catch(() => undefined);
    if (result?.every((value, index) => Math.abs(value - expected[index]!) < 1e-4)) return width;
  }
  return 0;
}

/** Values from -1 to 1 in no order. */
const ramp = (length: number, step: number) => Float32Array.from({ length }, (_, index) => ((index * step) % 31) / 15 - 1);

async function convolved(block: number, x: Float32Array, w: Float32Array): Promise<Float32Array> {
  const graph = new Graph();
  const inputs = [graph.input('x', 'float32', [2, 16, 5, 4]), graph.input('w', 'float32', [32, 16, 3, 3])];
  const y = graph.op('conv', inputs, { stride: 1, padding: 1, dilation: 1, groups: 1 });
  const { model } = lower({ graph, outputs: new Map([['y', y]]), updates: new Map() }, { block });
  const session = await InferenceSession.create(encodeOnnx(model), { logSeverityLevel: 4, intraOpNumThreads: 1 });
  const results = await session.run({ x: new OrtTensor('float32', x, inputs[0]!.shape), w: new OrtTensor('float32', w, inputs[1]!.shape) });
  await session.release();
  return results.y!.data as Float32Array;
}
