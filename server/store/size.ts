/** Asking the disk what lies at a path. */
import { stat } from 'node:fs/promises';

/** Bytes of a file; null where there is nothing that can be seen. */
export const sizeOf = (path: string): Promise<number | null> =>
  stat(path).then(
    ({ size }) => size,
    () => null,
  );

/** Also of a folder. */
export const isThere = async (path: string): Promise<boolean> => (await sizeOf(path)) !== null;
