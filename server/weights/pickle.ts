/**
 * A reader of the part of Python's pickles that state dicts of PyTorch are made of. It builds plain values and runs nothing: a global is only looked up in the
 * caller's table, and what is not there is refused by its name. Opcodes: Lib/pickletools.py of CPython.
 */

/** The pickle holds something else than tensors, or is damaged; the message says what. */
export class PickleError extends Error {
  override name = 'PickleError';
  /** The Python name that is not let in. */
  readonly refused: string | null;

  constructor(message: string, refused: string | null = null) {
    super(message);
    this.refused = refused;
  }
}

/** What a global stands for: `make` is given the arguments of its call. */
export interface PickleGlobal {
  readonly name: string;
  make?(args: readonly unknown[]): unknown;
}

export interface PickleRules {
  readonly globals: ReadonlyMap<string, PickleGlobal>;
  /** What a persistent id stands for. */
  persistent(id: unknown): unknown;
}

const MARK = Symbol('mark');
const text = new TextDecoder('utf-8', { fatal: true });

/** Reads one pickle from `start` on; `end` is the byte behind it. Throws PickleError. */
export function readPickle(bytes: Uint8Array, rules: PickleRules, start = 0): { value: unknown; end: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const stack: unknown[] = [];
  const memo = new Map<number, unknown>();
  let at = start;

  const damaged = (reason: string): never => {
    throw new PickleError(`the pickle is damaged: ${reason} at byte ${at}`);
  };
  const take = (length: number): number => {
    if (length < 0 || length > bytes.length - at) damaged('it is cut short');
    at += length;
    return at - length;
  };
  const uint8 = () => bytes[take(1)]!;
  const uint32 = () => view.getUint32(take(4), true);
  const string = (length: number): string => {
    const from = take(length);
    try {
      return text.decode(bytes.subarray(from, from + length));
    } catch {
      return damaged('a text is not UTF-8');
    }
  };
  const line = (): string => {
    const end = bytes.indexOf(0x0a, at);
    if (end < 0 || end - at > 1000) return damaged('a line does not end');
    const found = string(end - at);
    at += 1;
    return found;
  };
  const pop = (): unknown => {
    const value = stack.length === 0 ? MARK : stack.pop();
    return value === MARK ? damaged('a value is missing') : value;
  };
  const top = (): unknown => (stack.length === 0 ? damaged('a value is missing') : stack.at(-1));
  const toMark = (): unknown[] => {
    const mark = stack.lastIndexOf(MARK);
    if (mark < 0) return damaged('a mark is missing');
    const values = stack.splice(mark + 1);
    stack.pop();
    return values;
  };
  const global = (module: string, name: string): PickleGlobal => {
    const full = `${module}.${name}`;
    const found = rules.globals.get(full);
    if (found === undefined) throw new PickleError(`the file holds ${full}, which is not a tensor`, full);
    return found;
  };
  const remembered = (index: number): unknown => (memo.has(index) ? memo.get(index) : damaged('it refers to nothing'));
  const dict = (): Map<unknown, unknown> => {
    const value = top();
    return value instanceof Map ? value : damaged('it puts an entry into something that is no dict');
  };
  const list = (): unknown[] => {
    const value = top();
    return Array.isArray(value) && !Object.isFrozen(value) ? value : damaged('it appends to something that is no list');
  };
  const setAll = (values: readonly unknown[]): void => {
    if (values.length % 2 !== 0) damaged('a key has no value');
    const into = dict();
    for (let i = 0; i < values.length; i += 2) into.set(values[i], values[i + 1]);
  };
  const integer = (length: number): number | bigint => {
    const from = take(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[from + i]!);
    if (length > 0 && bytes[from + length - 1]! >= 0x80) value -= 1n << BigInt(8 * length);
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  };

  for (;;) {
    const code = uint8();
    switch (code) {
      case 0x80: // PROTO
        if (uint8() > 5) damaged('it is of a version that is not known');
        break;
      case 0x95: // FRAME
        take(8);
        break;
      case 0x2e: // STOP
        return { value: pop(), end: at };
      case 0x28:
        stack.push(MARK);
        break;
      case 0x4e:
        stack.push(null);
        break;
      case 0x88:
      case 0x89:
        stack.push(code === 0x88);
        break;
      case 0x4b: // BININT1
        stack.push(uint8());
        break;
      case 0x4d: // BININT2
        stack.push(view.getUint16(take(2), true));
        break;
      case 0x4a: // BININT
        stack.push(view.getInt32(take(4), true));
        break;
      case 0x8a: // LONG1
        stack.push(integer(uint8()));
        break;
      case 0x47: // BINFLOAT
        stack.push(view.getFloat64(take(8), false));
        break;
      case 0x58: // BINUNICODE
        stack.push(string(uint32()));
        break;
      case 0x8c: // SHORT_BINUNICODE
      case 0x55: // SHORT_BINSTRING
        stack.push(string(uint8()));
        break;
      case 0x7d:
        stack.push(new Map());
        break;
      case 0x5d:
        stack.push([]);
        break;
      case 0x29:
        stack.push(Object.freeze([]));
        break;
      case 0x74: // TUPLE
        stack.push(Object.freeze(toMark()));
        break;
      case 0x85: // TUPLE1
        stack.push(Object.freeze([pop()]));
        break;
      case 0x86: {
        const second = pop();
        stack.push(Object.freeze([pop(), second]));
        break;
      }
      case 0x87: {
        const third = pop();
        const second = pop();
        stack.push(Object.freeze([pop(), second, third]));
        break;
      }
      case 0x6c: // LIST
        stack.push(toMark());
        break;
      case 0x64: {
        const values = toMark();
        stack.push(new Map());
        setAll(values);
        break;
      }
      case 0x61: {
        const value = pop();
        list().push(value);
        break;
      }
      case 0x65: {
        const values = toMark();
        const into = list();
        for (const value of values) into.push(value);
        break;
      }
      case 0x73: {
        const value = pop();
        const key = pop();
        setAll([key, value]);
        break;
      }
      case 0x75:
        setAll(toMark());
        break;
      case 0x71: // BINPUT
        memo.set(uint8(), top());
        break;
      case 0x72: // LONG_BINPUT
        memo.set(uint32(), top());
        break;
      case 0x94: // MEMOIZE
        memo.set(memo.size, top());
        break;
      case 0x68:
        stack.push(remembered(uint8()));
        break;
      case 0x6a:
        stack.push(remembered(uint32()));
        break;
      case 0x63: {
        const module = line();
        stack.push(global(module, line()));
        break;
      }
      case 0x93: {
        const name = pop();
        stack.push(global(String(pop()), String(name)));
        break;
      }
      case 0x51: // BINPERSID
        stack.push(rules.persistent(pop()));
        break;
      case 0x52: {
        const args = pop();
        const callee = pop() as PickleGlobal | null;
        if (!Array.isArray(args) || typeof callee?.make !== 'function') throw new PickleError('the pickle calls something that is no function');
        stack.push(callee.make(args));
        break;
      }
      case 0x62: // BUILD: what an OrderedDict of PyTorch carries besides its entries says nothing of the tensors.
        pop();
        if (!(top() instanceof Map)) throw new PickleError('the pickle sets the state of an object');
        break;
      default:
        throw new PickleError(`the pickle has an instruction that tensors do not need (0x${code.toString(16)})`);
    }
  }
}
