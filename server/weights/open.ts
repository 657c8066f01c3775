/** Opens a file of weights, whatever it is; the content says what, not the name. The file may have been made to harm: nothing of it is believed, nothing run. */
import { open } from 'node:fs/promises';
import { decodeInitializers, OnnxFormatError } from '../engine/onnx.ts';
import { dataStart, readHeader, SafetensorsError } from '../engine/safetensors.ts';
import { readExactly, type StoredTensor, WeightsError, type WeightsFile } from './file.ts';
import { isLegacyTorch, readTorchLegacy, readTorchZip } from './torch.ts';
import { isElementType, toFloat32 } from './values.ts';

/** Names and shapes of 100,000 tensors; ten times what a real file has. */
const LONGEST_HEADER = 16 * 2 ** 20;
/** An ONNX model is one message, is read as a whole and cannot be longer than this. */
const LARGEST_ONNX = 2 ** 31 - 1;
/** Of the memory: the model, its tensors, and one of them on the way from one to the other. */
const ONNX_SHARE = 1 / 3;

/** Bytes that an ONNX model may have where so many bytes of memory may be used. */
export const largestOnnx = (memory: number): number => Math.min(LARGEST_ONNX, Math.floor(ONNX_SHARE * memory));

const ZIP = Buffer.from('PK\x03\x04', 'latin1');

/** `memory`: bytes that may be used. Throws WeightsError. */
export async function openWeights(path: string, memory = Number.POSITIVE_INFINITY): Promise<WeightsFile & { close(): Promise<void> }> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const beginning = await readExactly(file, 0, Math.min(size, 64));
    if (ZIP.equals(beginning.subarray(0, 4))) {
      const { tensors, close } = await readTorchZip(path);
      await file.close();
      return { format: 'torch', tensors, close };
    }
    const close = () => file.close();
    if (isLegacyTorch(beginning)) return { format: 'torch', tensors: await readTorchLegacy(file, size), close };
    // A length, then JSON.
    if (beginning[8] === 0x7b) {
      const start = dataStart(beginning, size, LONGEST_HEADER);
      const { entries } = readHeader(await readExactly(file, 8, start - 8), size - start);
      const tensors = new Map<string, StoredTensor>();
      for (const { name, code, shape, from, to } of entries) {
        if (isElementType(code)) tensors.set(name, { shape, values: async () => toFloat32(await readExactly(file, start + from, to - from), code) });
        else if (code.startsWith('F8')) throw new WeightsError('type', `${name} has elements of 8 bits (${code})`);
      }
      return { format: 'safetensors', tensors, close };
    }
    // The field ir_version.
    if (beginning[0] === 0x08) {
      if (size > largestOnnx(memory)) throw new WeightsError('large', `an ONNX model of ${size} bytes, ${largestOnnx(memory)} at most`);
      const tensors = new Map<string, StoredTensor>();
      for (const [name, { shape, type, bytes }] of decodeInitializers(await readExactly(file, 0, size))) {
        tensors.set(name, { shape, values: async () => toFloat32(bytes, type) });
      }
      return { format: 'onnx', tensors, close };
    }
    throw new WeightsError('unknown', `it begins with ${Buffer.from(beginning.subarray(0, 8)).toString('hex')}`);
  } catch (error) {
    await file.close().catch(() => {});
    if (error instanceof SafetensorsError || error instanceof OnnxFormatError) throw new WeightsError('damaged', error.message);
    throw error;
  }
}
