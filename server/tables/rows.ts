/** Rows as they come out of a file, before anyone has said what they mean. */

/** `row` is the row's number as a spreadsheet counts it, from 1; a cell that is not there is ''. */
export interface SourceRow {
  row: number;
  cells: string[];
}

/** A table file that is open: its rows can be read from the start, as often as needed. */
export interface RowSource {
  /** In batches, in their order, empty rows left out. Throws StudioError. */
  read(): AsyncIterable<SourceRow[]>;
  /** Bytes read so far by the running `read`, and how many there are: for the progress. */
  readonly done: number;
  readonly total: number;
  /** Cells at the end of a row that are empty are not written (a workbook): a row that is too short tells nothing. */
  readonly sparse: boolean;
}
