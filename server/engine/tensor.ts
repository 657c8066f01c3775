/** The element types that the engine moves between itself, files and the runtime. */
export interface TypedArrays {
  float32: Float32Array;
  float16: Uint16Array;
  int64: BigInt64Array;
  int32: Int32Array;
  uint8: Uint8Array;
  bool: Uint8Array;
}

export type DType = keyof TypedArrays;
export type Shape = readonly number[];
export type TypedArray = TypedArrays[DType];

/** A dense row-major array. float16 is held as its raw 16-bit patterns, bool as one byte (0 or 1) an element. */
export interface Tensor {
  readonly dtype: DType;
  readonly shape: Shape;
  readonly data: TypedArray;
}

export const elementBytes: { readonly [dtype in DType]: number } = { float32: 4, float16: 2, int64: 8, int32: 4, uint8: 1, bool: 1 };

/** Number of elements of a shape; 1 for a scalar (`[]`). */
export function elements(shape: Shape): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

/** A zero-filled array of `length` elements of `dtype`. */
export function allocate(dtype: DType, length: number): TypedArray {
  switch (dtype) {
    case 'float32':
      return new Float32Array(length);
    case 'float16':
      return new Uint16Array(length);
    case 'int64':
      return new BigInt64Array(length);
    case 'int32':
      return new Int32Array(length);
    case 'uint8':
    case 'bool':
      return new Uint8Array(length);
  }
}

export function zeros(dtype: DType, shape: Shape): Tensor {
  return { dtype, shape, data: allocate(dtype, elements(shape)) };
}

/** A float32 tensor over `values` (copied unless already a Float32Array). Throws RangeError where the shape does not hold them all. */
export function float32(values: Float32Array | readonly number[], shape: Shape = [values.length]): Tensor {
  const data = values instanceof Float32Array ? values : Float32Array.from(values);
  if (data.length !== elements(shape)) throw new RangeError(`${data.length} values do not fill the shape [${shape}]`);
  return { dtype: 'float32', shape, data };
}

/** The tensor's bytes, without copying. */
export function bytes(tensor: Tensor): Uint8Array {
  const { buffer, byteOffset, byteLength } = tensor.data;
  return new Uint8Array(buffer, byteOffset, byteLength);
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dimension, axis) => dimension === b[axis]);
}
