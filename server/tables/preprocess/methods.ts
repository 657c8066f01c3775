/** All methods of preprocessing tables, and a chain of them. */
import { StudioError } from '../../errors.ts';
import type { Chain, PreprocessValue } from '../../http/preprocess-schemas.ts';
import { date_parts, derive, drop_columns } from './columns.ts';
import { one_hot, ordinal } from './encoding.ts';
import type { Frame } from './frame.ts';
import type { ParameterSpecs, Surroundings } from './method.ts';
import { drop_missing, fill_missing } from './missing.ts';
import { log, outliers, scale } from './scaling.ts';

/** In the order in which a person meets them. */
export const TABLE_METHODS = { fill_missing, drop_missing, outliers, one_hot, ordinal, scale, log, date_parts, derive, drop_columns } as const;
export type TableMethodName = keyof typeof TABLE_METHODS;

/** A method whose values are known when it runs: they were checked against its specification. */
interface AnyMethod {
  parameters: ParameterSpecs;
  fit(frame: Frame, values: Record<string, PreprocessValue>, around: Surroundings): unknown;
  apply(frame: Frame, learnt: unknown, around: Surroundings): Frame;
}

const methodOf = (name: string) => TABLE_METHODS[name as TableMethodName] as unknown as AnyMethod;

/** A step with what it has learnt: enough to treat new rows in the same way. */
export interface FittedStep {
  method: string;
  parameters: Record<string, PreprocessValue>;
  learnt: unknown;
}

export interface FittedChain {
  frame: Frame;
  fitted: FittedStep[];
}

/**
 * A table through a chain that was checked and has all parameters: each step learns from what the one before it has made. Gives the number of each step before it
 * is done, so that others have their turn. Throws what the methods throw and preprocess_no_rows, each with the number of its step.
 */
export function* fitSteps(frame: Frame, chain: Chain, target: string | null): Generator<number, FittedChain, void> {
  const around: Surroundings = { target, training: true };
  const fitted: FittedStep[] = [];
  let at = frame;
  for (const [index, { method, parameters }] of chain.entries()) {
    yield index;
    const { fit, apply } = methodOf(method);
    at = numbered(index, () => {
      const learnt = fit(at, parameters, around);
      fitted.push({ method, parameters, learnt });
      const made = apply(at, learnt, around);
      if (made.rows === 0) throw new StudioError('preprocess_no_rows');
      return made;
    });
  }
  return { frame: at, fitted };
}

/** All steps in one go. */
export function fitChain(frame: Frame, chain: Chain, target: string | null): FittedChain {
  const steps = fitSteps(frame, chain, target);
  for (;;) {
    const next = steps.next();
    if (next.done === true) return next.value;
  }
}

/** New rows the same way. None of them goes. */
export function applyChain(frame: Frame, fitted: readonly FittedStep[], target: string | null): Frame {
  const around: Surroundings = { target, training: false };
  return fitted.reduce((at, { method, learnt }) => methodOf(method).apply(at, learnt, around), frame);
}

/** An error of a step says which step it is. */
function numbered<T>(index: number, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof StudioError) throw new StudioError(error.code, { ...error.params, step: index + 1 }, error.details);
    throw error;
  }
}
