/** Libraries that are classic scripts, not modules: loaded once, when a page first needs them. */
const loading = new Map<string, Promise<void>>();

function load(name: string): Promise<void> {
  const known = loading.get(name);
  if (known) return known;
  const made = new Promise<void>((resolve, reject) => {
    const script = document.createElement('script');
    script.src = new URL(`./vendor/${name}`, import.meta.url).href;
    script.onload = () => resolve();
    script.onerror = () => {
      // The next try loads it anew.
      loading.delete(name);
      script.remove();
      reject(new Error(`${script.src} did not load`));
    };
    document.head.append(script);
  });
  loading.set(name, made);
  return made;
}

/** The global that a vendor script makes. */
export async function vendor<T>(script: string, global: string): Promise<T> {
  await load(script);
  return (globalThis as unknown as Record<string, T>)[global] as T;
}

/** The style sheet of a vendor script. */
export function vendorStyle(name: string): void {
  const href = new URL(`./vendor/${name}`, import.meta.url).href;
  if (document.head.querySelector(`link[href="${href}"]`)) return;
  const link = document.createElement('link');
  link.rel = 'stylesheet';
  link.href = href;
  document.head.prepend(link);
}
