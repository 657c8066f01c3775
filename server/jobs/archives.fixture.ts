/** Archives made byte by byte for the tests, also such as no library would write. */
import { crc32, deflateRawSync } from 'node:zlib';

export interface ZipPart {
  /** Text is written as UTF-8; bytes as they are. */
  name: string | Buffer;
  data: Buffer;
  stored?: boolean;
  method?: number;
  utf8Flag?: boolean;
  encrypted?: boolean;
  /** Unix mode with the file type, for instance 0o120777. */
  mode?: number;
  /** What the archive says instead of the truth. */
  declaredSize?: number;
  crc?: number;
  /** Points at the data of an earlier part (by index) instead of having its own. */
  sameDataAs?: number;
}

export function zipOf(parts: readonly ZipPart[]): Buffer {
  const chunks: Buffer[] = [];
  const directory: Buffer[] = [];
  const offsets: number[] = [];
  let offset = 0;
  for (const part of parts) {
    const name = typeof part.name === 'string' ? Buffer.from(part.name) : part.name;
    const packed = part.stored === true ? part.data : deflateRawSync(part.data);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE((part.encrypted === true ? 1 : 0) | (part.utf8Flag === true ? 0x800 : 0), 2);
    fields.writeUInt16LE(part.method ?? (part.stored === true ? 0 : 8), 4);
    fields.writeUInt32LE(part.crc ?? crc32(part.data), 10);
    fields.writeUInt32LE(packed.length, 14);
    fields.writeUInt32LE(part.declaredSize ?? part.data.length, 18);
    fields.writeUInt16LE(name.length, 22);
    const at = part.sameDataAs === undefined ? offset : offsets[part.sameDataAs]!;
    offsets.push(at);
    if (part.sameDataAs === undefined) {
      const local = [Buffer.from('PK\x03\x04', 'latin1'), fields, name, packed];
      chunks.push(...local);
      offset += local.reduce((sum, chunk) => sum + chunk.length, 0);
    }
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(((part.mode ?? 0o100644) << 16) >>> 0, 6);
    tail.writeUInt32LE(at, 10);
    // Version made by: 3 = Unix, whose modes stand in the external attributes.
    directory.push(Buffer.from('PK\x01\x02', 'latin1'), Buffer.from([20, 3]), fields, tail, name);
  }
  const size = directory.reduce((sum, chunk) => sum + chunk.length, 0);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(parts.length, 8);
  end.writeUInt16LE(parts.length, 10);
  end.writeUInt32LE(size, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...chunks, ...directory, end]);
}

export interface TarPart {
  name: string;
  data?: Buffer;
  /** '0' file, '1' hard link, '2' symbolic link, '3' device, '5' folder. */
  type?: string;
}

export function tarOf(parts: readonly TarPart[]): Buffer {
  const blocks: Buffer[] = [];
  for (const { name, data = Buffer.alloc(0), type = '0' } of parts) {
    const header = Buffer.alloc(512);
    header.write(name, 0, 100);
    header.write('0000644\0', 100);
    header.write('0000000\0', 108);
    header.write('0000000\0', 116);
    header.write(`${data.length.toString(8).padStart(11, '0')}\0`, 124);
    header.write('00000000000\0', 136);
    header.write('        ', 148);
    header.write(type, 156);
    header.write(type === '1' || type === '2' ? '/etc/passwd' : '', 157);
    header.write('ustar\x0000', 257, 'latin1');
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
    blocks.push(header, data, Buffer.alloc((512 - (data.length % 512)) % 512));
  }
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}
