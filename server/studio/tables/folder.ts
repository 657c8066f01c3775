import { join } from 'node:path';

/** Where the table set of a dataset lies in its folder. */
export const tableFolder = (datasetFolder: string): string => join(datasetFolder, 'table');
