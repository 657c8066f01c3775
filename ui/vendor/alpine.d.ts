/** The part of @alpinejs/csp that the studio uses. scripts/assets.ts puts the library itself beside this file's output. */
export interface DirectiveInfo {
  /** Behind the colon: `aria-label` in x-t:aria-label. */
  value: string;
  modifiers: string[];
  expression: string;
}

export interface DirectiveTools {
  effect(run: () => void): void;
  cleanup(run: () => void): void;
  evaluate<T>(expression: string): T;
  evaluateLater<T>(expression: string): (receive: (value: T) => void) => void;
}

/** What Alpine adds to `this` inside a component. */
export interface Magics {
  $el: HTMLElement;
  $root: HTMLElement;
  $refs: Record<string, HTMLElement>;
  $nextTick(run?: () => void): Promise<void>;
  $watch<T>(property: string, run: (value: T, before: T) => void): void;
  $dispatch(name: string, detail?: unknown): void;
}

declare const Alpine: {
  version: string;
  start(): void;
  reactive<T extends object>(value: T): T;
  raw<T>(value: T): T;
  effect(run: () => void): unknown;
  release(effect: unknown): void;
  nextTick(run?: () => void): Promise<void>;
  data(name: string, build: (this: Magics, ...args: never[]) => object): void;
  store(name: string, value: unknown): void;
  magic(name: string, build: (element: HTMLElement) => unknown): void;
  directive(name: string, run: (element: HTMLElement, info: DirectiveInfo, tools: DirectiveTools) => void): void;
  initTree(element: HTMLElement): void;
  destroyTree(element: HTMLElement): void;
  $data(element: HTMLElement): Record<string, unknown>;
};
export default Alpine;
