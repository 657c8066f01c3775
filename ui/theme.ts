/** Light, dark or as the computer is set. Loaded before the first paint, so that the page does not flash. */
export type Theme = 'system' | 'light' | 'dark';
const STORED = 'ai-studio.theme';

export function theme(): Theme {
  const stored = localStorage.getItem(STORED);
  return stored === 'light' || stored === 'dark' ? stored : 'system';
}

export function setTheme(next: Theme): void {
  if (next === 'system') {
    localStorage.removeItem(STORED);
    delete document.documentElement.dataset.theme;
  } else {
    localStorage.setItem(STORED, next);
    document.documentElement.dataset.theme = next;
  }
}

setTheme(theme());
