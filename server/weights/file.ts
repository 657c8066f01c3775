/** A file of weights as it is read: what it says of each tensor, and its values when they are asked for. */
import type { FileHandle } from 'node:fs/promises';

/** The file cannot be used. `code` tells why, `detail` says it to an engineer. */
export class WeightsError extends Error {
  override name = 'WeightsError';
  readonly code: 'damaged' | 'foreign' | 'unknown' | 'type' | 'large';
  /** What else than tensors the file holds, by its name in Python; null where that has no name. */
  readonly refused: string | null;

  /** damaged: it is cut short or contradicts itself; foreign: it holds more than tensors; unknown: of no format that is read; type: elements that are not read; large: too much to be read. */
  constructor(code: WeightsError['code'], detail: string, refused: string | null = null) {
    super(detail);
    this.code = code;
    this.refused = refused;
  }
}

export interface StoredTensor {
  readonly shape: readonly number[];
  /** In the order of the shape, the last axis fastest. Reads the file. */
  values(): Promise<Float32Array>;
}

export interface WeightsFile {
  readonly format: 'safetensors' | 'torch' | 'onnx';
  /** By their names in the file. Those of integers are left out: none of the architectures has any that count. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

/** Exactly these bytes. Throws WeightsError where the file ends before. */
export async function readExactly(file: FileHandle, from: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length; ) {
    const { bytesRead } = await file.read(bytes, done, length - done, from + done);
    if (bytesRead === 0) throw new WeightsError('damaged', `the file ends at byte ${from + done} of ${from + length}`);
    done += bytesRead;
  }
  return bytes;
}
