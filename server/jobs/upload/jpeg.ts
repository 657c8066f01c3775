/** What stands at the head of a JPEG (ITU T.81, annex B; Exif 2.32): read by hand, for the decoder takes longer to tell it than to decode a small picture. */

export interface JpegHead {
  /** Pixels, as they are stored. */
  width: number;
  height: number;
  bits: number;
  /** 1 to 8, of EXIF; 1 is upright. */
  orientation: number;
}

const START_OF_SCAN = 0xda;
const APP1 = 0xe1;
/** Tables of Huffman codes, extensions and arithmetic codes have numbers among those of frames. */
const NO_FRAME: readonly number[] = [0xc4, 0xc8, 0xcc];
const ORIENTATION = 0x0112;
const SHORT = 3;

/** null where the head is not plain to read; the decoder has to say then. */
export function jpegHead(file: Buffer): JpegHead | null {
  let frame: Omit<JpegHead, 'orientation'> | null = null;
  let orientation: number | null = null;
  for (let at = 2; at + 4 <= file.length; ) {
    if (file[at] !== 0xff) return null;
    const marker = file[at + 1]!;
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    if (marker === START_OF_SCAN) return frame === null ? null : { ...frame, orientation: orientation ?? 1 };
    if (marker < 0xc0 || (marker >= 0xd0 && marker <= 0xd9)) return null;
    const length = file.readUInt16BE(at + 2);
    const content = file.subarray(at + 4, at + 2 + length);
    if (length < 2 || content.length < length - 2) return null;
    if (marker >= 0xc0 && marker <= 0xcf && !NO_FRAME.includes(marker)) {
      if (frame !== null || content.length < 6) return null;
      frame = { bits: content[0]!, height: content.readUInt16BE(1), width: content.readUInt16BE(3) };
    } else if (marker === APP1 && content.toString('latin1', 0, 6) === 'Exif\0\0') {
      const found = orientationOf(content.subarray(6));
      if (found === null || orientation !== null) return null;
      orientation = found;
    }
    at += 2 + length;
  }
  return null;
}

/** Of the TIFF structure in EXIF; 1 where it says nothing, null where it is not plain. */
function orientationOf(tiff: Buffer): number | null {
  const order = tiff.toString('latin1', 0, 2);
  if (tiff.length < 14 || (order !== 'II' && order !== 'MM')) return null;
  const short = (at: number) => (order === 'II' ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const first = order === 'II' ? tiff.readUInt32LE(4) : tiff.readUInt32BE(4);
  if (first + 2 > tiff.length) return null;
  const entries = short(first);
  if (first + 2 + 12 * entries > tiff.length) return null;
  for (let i = 0; i < entries; i++) {
    const at = first + 2 + 12 * i;
    if (short(at) !== ORIENTATION) continue;
    const value = short(at + 8);
    return short(at + 2) === SHORT && value >= 1 && value <= 8 ? value : null;
  }
  return 1;
}
