/** What a page's place in the browser's history remembers (how far it was scrolled, what its lists searched for), so that Back and a reload bring it again. */
let latest: object | null = null;

export const remembered = (): object | null => history.state as object | null;

export function remember(more: object): void {
  latest = { ...remembered(), ...more };
  history.replaceState(latest, '');
}

/** The page that is open now is at this place. */
export function arrive(): void {
  latest = remembered();
}

/** Back was not followed: the page stays, with all that it remembers. */
export function stay(address: string): void {
  history.pushState(latest, '', address);
}
