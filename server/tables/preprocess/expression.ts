/**
 * Expressions over columns: + - * / ^, parentheses, numbers, columns as [name] or a plain word, and a few functions. Read by a parser of our own into a
 * tree and reckoned column by column: nothing of it is ever run as a program.
 *
 *     sum     = product { (+ | -) product }
 *     product = signed { (* | /) signed }
 *     signed  = - signed | power
 *     power   = atom [ ^ signed ]
 *     atom    = number | column | name ( sum { , sum } ) | ( sum )
 */
import { StudioError } from '../../errors.ts';

export type Expression = { kind: 'number'; value: number } | { kind: 'column'; name: string } | { kind: 'call'; name: FunctionName; of: Expression[] };

const FUNCTIONS = {
  '+': { least: 2, most: 2, of: (a: number, b: number) => a + b },
  '-': { least: 2, most: 2, of: (a: number, b: number) => a - b },
  '*': { least: 2, most: 2, of: (a: number, b: number) => a * b },
  '/': { least: 2, most: 2, of: (a: number, b: number) => a / b },
  '^': { least: 2, most: 2, of: (a: number, b: number) => a ** b },
  negative: { least: 1, most: 1, of: (a: number) => -a },
  log: { least: 1, most: 1, of: Math.log },
  log10: { least: 1, most: 1, of: Math.log10 },
  exp: { least: 1, most: 1, of: Math.exp },
  sqrt: { least: 1, most: 1, of: Math.sqrt },
  abs: { least: 1, most: 1, of: Math.abs },
  round: { least: 1, most: 1, of: Math.round },
  min: { least: 1, most: 20, of: Math.min },
  max: { least: 1, most: 20, of: Math.max },
} as const;
type FunctionName = keyof typeof FUNCTIONS;
/** Those that are written as words. */
const WORDS: readonly string[] = ['log', 'log10', 'exp', 'sqrt', 'abs', 'round', 'min', 'max'];
const MAX_DEPTH = 50;

interface Token {
  kind: 'number' | 'column' | 'word' | 'sign' | 'end';
  text: string;
  /** From 1. */
  place: number;
}

const TOKEN = /\s*(?:(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)|\[([^[\]]+)\]|([\p{L}_][\p{L}\p{N}_]*)|([-+*/^(),]))/uy;

function tokens(text: string): Token[] {
  const found: Token[] = [];
  TOKEN.lastIndex = 0;
  for (;;) {
    const at = TOKEN.lastIndex;
    if (text.slice(at).trim() === '') {
      found.push({ kind: 'end', text: '', place: text.length + 1 });
      return found;
    }
    const match = TOKEN.exec(text);
    if (match === null) throw new StudioError('preprocess_expression', { place: at + 1 });
    const [whole, number, column, word, sign] = match;
    const place = at + whole.length - whole.trimStart().length + 1;
    if (number !== undefined) found.push({ kind: 'number', text: number, place });
    else if (column !== undefined) found.push({ kind: 'column', text: column.trim(), place });
    else if (word !== undefined) found.push({ kind: 'word', text: word, place });
    else found.push({ kind: 'sign', text: sign!, place });
  }
}

/** Throws preprocess_expression with the place where it stops making sense. */
export function parseExpression(text: string): Expression {
  const list = tokens(text);
  let at = 0;
  let depth = 0;
  const next = () => list[at]!;
  const fail = (): never => {
    throw new StudioError('preprocess_expression', { place: next().place });
  };
  const take = (sign: string): boolean => {
    if (next().kind !== 'sign' || next().text !== sign) return false;
    at += 1;
    return true;
  };
  const call = (name: FunctionName, ...of: Expression[]): Expression => ({ kind: 'call', name, of });
  const deeper = <T>(read: () => T): T => {
    depth += 1;
    if (depth > MAX_DEPTH) fail();
    const made = read();
    depth -= 1;
    return made;
  };
  const sum = (): Expression =>
    deeper(() => {
      let left = product();
      for (;;) {
        if (take('+')) left = call('+', left, product());
        else if (take('-')) left = call('-', left, product());
        else return left;
      }
    });
  const product = (): Expression => {
    let left = signed();
    for (;;) {
      if (take('*')) left = call('*', left, signed());
      else if (take('/')) left = call('/', left, signed());
      else return left;
    }
  };
  const signed = (): Expression => deeper(() => (take('-') ? call('negative', signed()) : power()));
  const power = (): Expression => {
    const base = atom();
    return take('^') ? call('^', base, signed()) : base;
  };
  const atom = (): Expression => {
    const token = next();
    if (take('(')) {
      const inner = sum();
      if (!take(')')) fail();
      return inner;
    }
    if (token.kind === 'sign' || token.kind === 'end') return fail();
    at += 1;
    if (token.kind === 'number') return { kind: 'number', value: Number(token.text) };
    if (token.kind === 'word' && WORDS.includes(token.text.toLowerCase()) && next().text === '(' && next().kind === 'sign') {
      take('(');
      const name = token.text.toLowerCase() as FunctionName;
      const of = [sum()];
      while (take(',')) of.push(sum());
      const { least, most } = FUNCTIONS[name];
      if (of.length < least || of.length > most || !take(')')) fail();
      return { kind: 'call', name, of };
    }
    return { kind: 'column', name: token.text };
  };
  const whole = sum();
  if (next().kind !== 'end') fail();
  return whole;
}

/** Names of the columns in it. */
export function columnsIn(expression: Expression): string[] {
  if (expression.kind === 'column') return [expression.name];
  return expression.kind === 'number' ? [] : expression.of.flatMap(columnsIn);
}

/** Of every row. What cannot be reckoned (a missing value, 1/0) is NaN. */
export function evaluate(expression: Expression, rows: number, numbers: (column: string) => Float64Array): Float64Array {
  switch (expression.kind) {
    case 'number':
      return new Float64Array(rows).fill(expression.value);
    case 'column':
      return numbers(expression.name);
    case 'call': {
      const parts = expression.of.map((part) => evaluate(part, rows, numbers));
      const reckon = FUNCTIONS[expression.name].of as (...values: number[]) => number;
      const [a, b] = parts;
      const made = new Float64Array(rows);
      if (parts.length === 1) for (let row = 0; row < rows; row++) made[row] = reckon(a![row]!);
      else if (parts.length === 2) for (let row = 0; row < rows; row++) made[row] = reckon(a![row]!, b![row]!);
      else for (let row = 0; row < rows; row++) made[row] = reckon(...parts.map((part) => part[row]!));
      for (let row = 0; row < rows; row++) if (!Number.isFinite(made[row]!)) made[row] = Number.NaN;
      return made;
    }
  }
}
