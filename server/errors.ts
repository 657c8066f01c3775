/**
 * The catalogue of errors: every failure that a person can meet, with its HTTP status and a sentence in Korean and in English that says what is wrong
 * and what to do next. `{name}` stands for a parameter. Workers and the daemon use the same catalogue.
 */
export type Language = 'ko' | 'en';
export type ErrorParams = Record<string, string | number>;

interface Entry {
  status: number;
  ko: string;
  en: string;
}

const entry = (status: number, ko: string, en: string): Entry => ({ status, ko, en });

export const CATALOGUE = {
  internal: entry(
    500,
    'AI Studio 안에서 예상하지 못한 오류가 났습니다. 다시 시도하고, 되풀이되면 관리자에게 아래 자세한 내용을 알려 주세요.',
    'Something unexpected went wrong inside AI Studio. Try again; if it happens again, show the details below to your administrator.',
  ),
  not_found: entry(
    404,
    '찾는 항목이 없습니다. 삭제되었거나 주소가 잘못되었을 수 있습니다. 목록에서 다시 선택해 주세요.',
    'This item does not exist. It may have been deleted, or the address is wrong. Choose it again from the list.',
  ),
  invalid_input: entry(
    400,
    '입력한 값이 올바르지 않습니다: {field}. 값을 고친 뒤 다시 시도해 주세요.',
    'This value is not valid: {field}. Correct it and try again.',
  ),
} as const satisfies Record<string, Entry>;

export type ErrorCode = keyof typeof CATALOGUE;

/** An expected failure. `details` is for the engineer and is not translated. */
export class StudioError extends Error {
  readonly code: ErrorCode;
  readonly params: ErrorParams;
  readonly details: string | undefined;

  constructor(code: ErrorCode, params: ErrorParams = {}, details?: string) {
    super(sentence(code, params, 'en'));
    this.name = 'StudioError';
    this.code = code;
    this.params = params;
    this.details = details;
  }

  get status(): number {
    return CATALOGUE[this.code].status;
  }
}

/** The sentence of an error in a language, its parameters put in. */
export function sentence(code: ErrorCode, params: ErrorParams, language: Language): string {
  return CATALOGUE[code][language].replace(/\{(\w+)\}/g, (whole, name: string) => String(params[name] ?? whole));
}

/** The form in which a failure is kept and sent: code, parameters and both sentences. */
export function failureOf(error: unknown): { code: ErrorCode; params: ErrorParams; ko: string; en: string } {
  const { code, params } = error instanceof StudioError ? error : { code: 'internal' as const, params: {} };
  return { code, params, ko: sentence(code, params, 'ko'), en: sentence(code, params, 'en') };
}
