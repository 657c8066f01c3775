import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { cpu } from '../engine/devices/cpu.ts';
import { initialize } from '../engine/initializers.ts';
import { lower } from '../engine/lowering.ts';
import { blueprint } from '../engine/model.ts';
import { encodeOnnx } from '../engine/onnx.ts';
import { Random } from '../engine/random.ts';
import type { Tensor } from '../engine/tensor.ts';
import { elements, float32 } from '../engine/tensor.ts';
import type { ClassifierOptions } from '../engine/training.ts';
import { evaluationProgram, exportProgram } from '../engine/training.ts';
import type { ArchitectureName } from './architectures.ts';
import { architectures } from './architectures.ts';

/** A prime, so that no two filters are alike. */
const DRAWN = 4099;

/**
 * Weights as after some training: running statistics that are not those of the start. Of the large tensors the first values are drawn and then come round
 * again: the networks have 280 million parameters in all.
 */
function worn(name: ArchitectureName, size: number): Map<string, Tensor> {
  const random = new Random(9);
  const normal = Float32Array.from({ length: DRAWN }, () => random.normal());
  return new Map(
    blueprint(architectures[name], 5, size).parameters.map(({ name: key, shape, initializer }) => {
      const values = new Float32Array(elements(shape));
      if (/running_mean$|norm.*bias$|bn.*bias$/.test(key))
        return [
          key,
          float32(
            values.map(() => 0.2 * random.normal()),
            shape,
          ),
        ];
      if (/running_var$/.test(key))
        return [
          key,
          float32(
            values.map(() => 0.5 + random.uniform()),
            shape,
          ),
        ];
      if (shape.length < 2) return [key, initialize(initializer, shape, random)];
      const scaled = normal.map((value) => value * Math.sqrt((2 * shape[0]!) / values.length));
      for (let at = 0; at < values.length; at += DRAWN) values.set(scaled.subarray(0, values.length - at), at);
      return [key, float32(values, shape)];
    }),
  );
}

for (const name of Object.keys(architectures) as ArchitectureName[]) {
  test(`${name} exported for any number of pictures says what evaluation says`, async () => {
    const size = 33;
    const batch = 3;
    const options: ClassifierOptions = { model: architectures[name], classes: 5, size, batch, input: { kind: 'normalized' } };
    const states = worn(name, size);
    const device = await cpu({ threads: 1 });
    const evaluation = await device.compile(evaluationProgram(options), device.store(states));
    const random = new Random(2);
    const pixels = Float32Array.from({ length: batch * 3 * size * size }, () => random.integer(256));
    const normalized = pixels.map((value) => (value / 255 - 0.5) / 0.25);
    const shape = [batch, 3, size, size];
    const inputs = new Map<string, Tensor>([
      ['images', { dtype: 'float32', shape, data: normalized }],
      ['labels', { dtype: 'int32', shape: [batch], data: new Int32Array(batch) }],
    ]);
    const expected = (await evaluation.run(inputs)).get('logits')!.data as Float32Array;
    const { model } = lower(exportProgram(options, [0.5, 0.5, 0.5], [0.25, 0.25, 0.25]), { block: 0, freeBatch: 'n', states });
    const session = await InferenceSession.create(encodeOnnx(model), { logSeverityLevel: 3, intraOpNumThreads: 1 });
    const found = (await session.run({ images: new OrtTensor('float32', pixels, shape) })).logits!.data as Float32Array;
    const scale = Math.max(...expected.map(Math.abs));
    found.forEach((value, index) => {
      assert.ok(Math.abs(value - expected[index]!) < 1e-4 * scale, `${value} instead of ${expected[index]}`);
    });
    await session.release();
    await evaluation.close();
  });
}

test.run();
