/** Numbers of a search, for people. */
/** As short as it can be read: 0.0005, 1e-5, 12.3. */
export function short(value: number): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size < 0.0001 || size >= 100_000) return value.toExponential(1).replace('.0e', 'e');
  return String(Number(value.toPrecision(size >= 100 ? 4 : 3)));
}
export const shownValue = (value: unknown): string => (typeof value === 'number' ? short(value) : String(value));
