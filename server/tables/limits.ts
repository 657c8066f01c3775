/** Limits on tables that may have been made to harm, from appliance.conf. */
export interface TableLimits {
  maxRows: number;
  maxColumns: number;
  /** Rows times columns. */
  maxCells: number;
}

/** Characters of one cell; the rest is cut off. A spreadsheet's own limit is the same. */
export const MAX_CELL = 32_767;
/** Different values of a categorical column. Codes are 16 bits wide. */
export const MAX_CATEGORIES = 10_000;
export const MAX_NAME = 200;
/** Row numbers in each list of a report. */
export const LISTED = 1000;
/** Numbers beyond are taken as infinite: their squares are. */
export const MAX_NUMBER = 1e150;
