/**
 * Many files as one upload: a tar archive (POSIX ustar, pax headers where a name or a size needs them) put together as a Blob of headers and
 * the files themselves. Nothing is read and nothing is copied until the browser sends it.
 */
export interface TarFile {
  /** With its folders: "scratch/0001.png". */
  path: string;
  body: Blob;
  /** Milliseconds since 1970. */
  modified?: number;
}

const BLOCK = 512;
const USTAR_NAME = 100;
const USTAR_SIZE = 8 ** 11 - 1;
const utf8 = new TextEncoder();

function padding(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK;
}

/** One header block. `name` must be ASCII and at most 100 bytes. */
export function header(name: string, size: number, type: '0' | 'x', modified = 0): Uint8Array {
  const block = new Uint8Array(BLOCK);
  const put = (text: string, at: number) => block.set(utf8.encode(text), at);
  const octal = (value: number, digits: number) => value.toString(8).padStart(digits, '0');
  put(name, 0);
  put('0000644\0', 100);
  put('0000000\0', 108);
  put('0000000\0', 116);
  put(`${octal(Math.min(size, USTAR_SIZE), 11)}\0`, 124);
  put(`${octal(Math.max(0, Math.floor(modified / 1000)), 11)}\0`, 136);
  // The sum is taken with its own field read as spaces.
  put('        ', 148);
  put(type, 156);
  put('ustar\x0000', 257);
  put(
    `${octal(
      block.reduce((sum, byte) => sum + byte, 0),
      6,
    )}\0 `,
    148,
  );
  return block;
}

/** "27 path=scratch/흠집-1.png\n": the length at the front counts itself. */
export function paxRecord(key: string, value: string): Uint8Array {
  const rest = utf8.encode(` ${key}=${value}\n`).length;
  let length = rest + String(rest).length;
  if (String(length).length !== String(rest).length) length = rest + String(length).length;
  return utf8.encode(`${length} ${key}=${value}\n`);
}

/** What comes before a file's bytes: its header, and a pax header before that where the old fields are too small. */
export function fileHeader(file: TarFile, index: number): Uint8Array[] {
  const size = file.body.size;
  const plain = /^[\x20-\x7e]*$/.test(file.path) && file.path.length <= USTAR_NAME;
  if (plain && size <= USTAR_SIZE) return [header(file.path, size, '0', file.modified)];
  const records: Uint8Array[] = [];
  if (!plain) records.push(paxRecord('path', file.path));
  if (size > USTAR_SIZE) records.push(paxRecord('size', String(size)));
  const length = records.reduce((sum, record) => sum + record.length, 0);
  return [
    header(`PaxHeaders/${index}`, length, 'x', file.modified),
    ...records,
    new Uint8Array(padding(length)),
    header(plain ? file.path : `file-${index}`, size, '0', file.modified),
  ];
}

export function composeTar(files: readonly TarFile[]): Blob {
  const parts: BlobPart[] = [];
  for (const [index, file] of files.entries()) {
    parts.push(...(fileHeader(file, index) as BlobPart[]), file.body);
    const gap = padding(file.body.size);
    if (gap) parts.push(new Uint8Array(gap));
  }
  parts.push(new Uint8Array(2 * BLOCK));
  return new Blob(parts, { type: 'application/x-tar' });
}
