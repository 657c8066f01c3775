/** Elements of files as float32. */

/** Types of elements that weights may have, by the codes of safetensors. */
export type ElementType = 'F64' | 'F32' | 'F16' | 'BF16';

export const ELEMENT_BYTES: { readonly [type in ElementType]: number } = { F64: 8, F32: 4, F16: 2, BF16: 2 };
export const isElementType = (code: string): code is ElementType => Object.hasOwn(ELEMENT_BYTES, code);

/** IEEE 754 binary16. */
export function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** Little-endian elements, all of them. */
export function toFloat32(bytes: Uint8Array, type: ElementType): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = new Float32Array(bytes.byteLength / ELEMENT_BYTES[type]);
  switch (type) {
    case 'F32':
      new Uint8Array(values.buffer).set(bytes);
      break;
    case 'F64':
      for (let i = 0; i < values.length; i++) values[i] = view.getFloat64(8 * i, true);
      break;
    case 'F16':
      for (let i = 0; i < values.length; i++) values[i] = fromHalf(view.getUint16(2 * i, true));
      break;
    case 'BF16': {
      // The upper half of a float32.
      const bits = new Uint32Array(values.buffer);
      for (let i = 0; i < values.length; i++) bits[i] = view.getUint16(2 * i, true) << 16;
      break;
    }
  }
  return values;
}
