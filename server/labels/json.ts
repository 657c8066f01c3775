/**
 * Reading JSON that nobody vouches for. Large files are scanned byte by byte and parsed one element at a time, so that memory is an element and not the
 * file. NaN and Infinity, which Python writes although JSON has none, become null.
 */
import { isUtf8 } from 'node:buffer';
import { StudioError } from '../errors.ts';
import type { Json } from './annotation.ts';
import { decodeText, type LabelFile, type LabelLimits, shortened } from './files.ts';

/** A single element (one annotation, one picture) may not be longer, bytes. */
const MAX_ELEMENT_BYTES = 2 ** 26;

/** 1 for quotes and brackets. */
const SIGN = Uint8Array.from({ length: 256 }, (_, c) => ('"[]{}'.includes(String.fromCharCode(c)) ? 1 : 0));

export interface JsonEntry {
  /** Key of the outermost object; '' where the outermost value is a list. */
  key: string;
  /** Position in the list at that key, from 0; −1 where the value is no list. */
  index: number;
  value: Json;
}

const broken = (file: string, detail: string): StudioError => new StudioError('label_json', { file: shortened(file), detail: shortened(detail) });

/** Parses a text that is small. Throws label_json and label_too_deep. */
export function parseJson(text: string, file: string, maxDepth: number): Json {
  let depth = 0;
  for (let i = 0; i < text.length; i += 1) {
    const c = text.charCodeAt(i);
    if (c === 0x22) {
      for (i += 1; i < text.length && text.charCodeAt(i) !== 0x22; i += 1) if (text.charCodeAt(i) === 0x5c) i += 1;
    } else if (c === 0x7b || c === 0x5b) {
      depth += 1;
      if (depth > maxDepth) throw new StudioError('label_too_deep', { file: shortened(file), limit: maxDepth });
    } else if (c === 0x7d || c === 0x5d) depth -= 1;
  }
  return parseElement(text, file);
}

function parseElement(text: string, file: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    const lenient = text.replace(/"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/gs, (found) => (found.startsWith('"') ? found : 'null'));
    try {
      if (lenient !== text) return JSON.parse(lenient) as Json;
    } catch {
      // The first message says where.
    }
    throw broken(file, (error as Error).message);
  }
}

/** Bytes of a file in UTF-8 (or CP949, whose second bytes are never those of JSON's signs). UTF-16 is turned into UTF-8 on the way. */
async function* utf8Chunks(file: LabelFile): AsyncIterable<Buffer> {
  let decoder: InstanceType<typeof TextDecoder> | null = null;
  let first = true;
  for await (let chunk of file.chunks()) {
    if (first && chunk.length > 0) {
      first = false;
      const mark = chunk.length >= 2 ? chunk.readUInt16BE(0) : 0;
      if (mark === 0xfffe || mark === 0xfeff) decoder = new TextDecoder(mark === 0xfffe ? 'utf-16le' : 'utf-16be');
      else if (chunk.length >= 3 && chunk.readUIntBE(0, 3) === 0xefbbbf) chunk = chunk.subarray(3);
    }
    yield decoder === null ? chunk : Buffer.from(decoder.decode(chunk, { stream: true }));
  }
}

/**
 * The entries of a JSON file: of every list at the outermost level its elements one by one, of every other value the value itself. Lists and values whose
 * key is not `wanted` are passed over unparsed. Throws label_json (also where the file ends too early) and label_too_deep.
 */
export async function* jsonEntries(file: LabelFile, limits: LabelLimits, wanted: (key: string) => boolean = () => true): AsyncIterable<JsonEntry> {
  let depth = 0;
  let inString = false;
  let escaped = false;
  /** What may come next at the outermost levels. */
  let expect: 'top' | 'key' | 'colon' | 'value' | 'comma' | 'element' | 'elementComma' | 'end' = 'top';
  /** Depth of the lists whose elements are given out: 1 for an outermost list, 2 for a list in the outermost object; 0: none is open. */
  let list = 0;
  let topIsList = false;
  let key = '';
  let index = -1;
  let keep = true;
  /** The value being collected: depth outside it, its bytes so far, and whether it is a bare word (number, true, …). */
  let base = -1;
  let bare = false;
  let pieces: Buffer[] = [];
  let length = 0;
  let afterComma = false;

  const take = (): Json => {
    const bytes = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
    const text = isUtf8(bytes) ? bytes.toString('utf8') : decodeText(bytes, file.name);
    pieces = [];
    length = 0;
    return parseElement(text, file.name);
  };
  const collect = (piece: Buffer): void => {
    if (!keep || piece.length === 0) return;
    length += piece.length;
    if (length > MAX_ELEMENT_BYTES) throw new StudioError('label_file_too_large', { file: shortened(file.name), limit: MAX_ELEMENT_BYTES / 2 ** 20 });
    pieces.push(piece);
  };

  for await (const chunk of utf8Chunks(file)) {
    let from = base >= 0 ? 0 : -1;
    for (let i = 0; i < chunk.length; i += 1) {
      // Nearly all bytes lie within a value and say nothing about where it ends.
      if (inString) {
        if (!escaped) while (i < chunk.length && chunk[i] !== 0x22 && chunk[i] !== 0x5c) i += 1;
      } else if (base >= 0 && !bare) while (i < chunk.length && SIGN[chunk[i]!] === 0) i += 1;
      if (i === chunk.length) break;
      const c = chunk[i]!;
      if (inString) {
        if (escaped) escaped = false;
        else if (c === 0x5c) escaped = true;
        else if (c === 0x22) {
          inString = false;
          if (depth !== base) continue;
        } else continue;
        if (inString || escaped) continue;
      } else if (base >= 0 && !bare) {
        if (c === 0x22) inString = true;
        else if (c === 0x7b || c === 0x5b) {
          depth += 1;
          if (depth > limits.maxDepth) throw new StudioError('label_too_deep', { file: shortened(file.name), limit: limits.maxDepth });
        } else if (c === 0x7d || c === 0x5d) depth -= 1;
        if (inString || depth !== base) continue;
      } else if (bare) {
        const ends = c === 0x2c || c === 0x7d || c === 0x5d || c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09;
        if (!ends) continue;
        collect(chunk.subarray(from, i));
        i -= 1;
      } else {
        if (c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09) continue;
        const sign = String.fromCharCode(c);
        const fail = (): never => {
          throw broken(file.name, `unexpected "${sign}" ${key === '' ? '' : `in "${shortened(key, 50)}"`}`);
        };
        if (expect === 'top') {
          if (c !== 0x7b && c !== 0x5b) fail();
          depth = 1;
          topIsList = c === 0x5b;
          list = topIsList ? 1 : 0;
          expect = topIsList ? 'element' : 'key';
          keep = topIsList && wanted('');
          continue;
        }
        if (expect === 'comma' || expect === 'elementComma') {
          if (c === 0x2c) {
            expect = expect === 'comma' ? 'key' : 'element';
            afterComma = true;
            continue;
          }
          if (expect === 'comma' && c === 0x7d) {
            depth = 0;
            expect = 'end';
            continue;
          }
          if (expect === 'elementComma' && c === 0x5d) {
            depth -= 1;
            list = 0;
            expect = topIsList ? 'end' : 'comma';
            continue;
          }
          fail();
        }
        if (expect === 'colon') {
          if (c !== 0x3a) fail();
          expect = 'value';
          continue;
        }
        if (expect === 'key' && c === 0x7d && !afterComma) {
          depth = 0;
          expect = 'end';
          continue;
        }
        if (expect === 'element' && c === 0x5d && !afterComma) {
          depth -= 1;
          list = 0;
          expect = topIsList ? 'end' : 'comma';
          continue;
        }
        if (expect === 'end' || (expect === 'key' && c !== 0x22) || c === 0x7d || c === 0x5d || c === 0x2c || c === 0x3a) fail();
        if (expect === 'value' && c === 0x5b) {
          depth = 2;
          list = 2;
          index = -1;
          expect = 'element';
          afterComma = false;
          continue;
        }
        // The beginning of a key or a value.
        afterComma = false;
        base = depth;
        from = i;
        if (expect === 'key') keep = true;
        if (c === 0x22) inString = true;
        else if (c === 0x7b || c === 0x5b) depth += 1;
        else bare = true;
        continue;
      }
      // A key or a value is complete.
      if (!bare) collect(chunk.subarray(from, i + 1));
      bare = false;
      base = -1;
      from = -1;
      if (expect === 'key') {
        key = take() as string;
        keep = wanted(key);
        expect = 'colon';
        continue;
      }
      if (list > 0) index += 1;
      expect = list > 0 ? 'elementComma' : 'comma';
      if (keep) yield { key, index: list > 0 ? index : -1, value: take() };
    }
    // Chunks may be reused by their source, and a slice would hold the whole chunk: what goes on in the next one is copied.
    if (base >= 0) collect(Buffer.from(chunk.subarray(from)));
  }
  if (expect !== 'end') throw broken(file.name, expect === 'top' ? 'the file is empty' : 'the file ends too early');
}

/** A JSON value as an object; null where it is none. */
export function objectOf(value: Json | undefined): { [key: string]: Json } | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null;
}

/** An object without some of its keys; undefined where nothing is left. A key named __proto__ stays a plain key. */
export function without(object: { [key: string]: Json }, keys: ReadonlySet<string>): { [key: string]: Json } | undefined {
  const rest = Object.entries(object).filter(([key]) => !keys.has(key));
  return rest.length === 0 ? undefined : Object.fromEntries(rest);
}
