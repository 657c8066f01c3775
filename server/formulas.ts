/**
 * Texts in CSV files that a spreadsheet would take for a formula and run when it opens them. Behind an apostrophe they are texts (OWASP, CSV injection);
 * reading takes it away again. Whatever is written comes back as it was: a text that has such an apostrophe of its own gets a second one.
 */
const FORMULA = /^'*[=+\-@\t\r\n]/;
const GUARDED = /^'+[=+\-@\t\r\n]/;
/** -1, +1.5 and -2e3 are numbers to a spreadsheet, and classes to people. */
const NUMBER = /^[+-](\d+([.,]\d*)?|[.,]\d+)(e[+-]?\d+)?$/i;

export function guarded(text: string): string {
  return FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text;
}

export function unguarded(text: string): string {
  return GUARDED.test(text) ? text.slice(1) : text;
}

/** A cell of a CSV file with commas. */
export function csvCell(text: string): string {
  const safe = guarded(text);
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
