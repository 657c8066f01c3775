/** The names that experiments are given at their start: by the box's clock, unique in the project. */

const two = (value: number) => String(value).padStart(2, '0');

/** 20220111 and 103542. */
export function dateAndTime(at = new Date()): [date: string, time: string] {
  return [`${at.getFullYear()}${two(at.getMonth() + 1)}${two(at.getDate())}`, `${two(at.getHours())}${two(at.getMinutes())}${two(at.getSeconds())}`];
}

/** Run_20220111_103542 */
export const runName = (at?: Date) => `Run_${dateAndTime(at).join('_')}`;
/** HPO_20210901_101048 */
export const hpoName = (at?: Date) => `HPO_${dateAndTime(at).join('_')}`;
/** AutoML_P49_1_20210901_111506; `index` from 0. */
export const automlName = (projectId: number, index: number, at?: Date) => `AutoML_P${projectId}_${index}_${dateAndTime(at).join('_')}`;

/** The name, or the first of name_2, name_3, … that is free. */
export function freeName(name: string, taken: ReadonlySet<string>): string {
  if (!taken.has(name)) return name;
  let i = 2;
  while (taken.has(`${name}_${i}`)) i += 1;
  return `${name}_${i}`;
}
