/**
 * Files by button or by drag and drop, folders too. The place sends 'files-chosen' with the files and their paths:
 *
 *     ${dropZone({ text: 'data.drop', note: 'data.drop.note', accept: '.zip,image/*', folder: true })}
 *     … on an element around it: @files-chosen="take($event.detail)"        // take(files: ChosenFile[])
 */
import type { Key } from '../i18n/keys.ts';
import { icon } from '../mount.ts';
import Alpine from '../vendor/alpine.js';

export interface ChosenFile {
  file: File;
  /** With the folders that it lay in: "scratch/0001.png". */
  path: string;
}

async function walk(entry: FileSystemEntry, files: ChosenFile[]): Promise<void> {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    files.push({ file, path: entry.fullPath.replace(/^\//, '') });
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    // A reader gives a hundred entries at a time and an empty list at the end.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return;
    for (const one of some) await walk(one, files);
  }
}

async function dropped(transfer: DataTransfer): Promise<ChosenFile[]> {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  const files: ChosenFile[] = [];
  if (entries.length) for (const entry of entries) await walk(entry, files);
  else for (const file of transfer.files) files.push({ file, path: file.name });
  return files;
}

export function dropZone(of: { text: Key; note: Key; accept?: string; multiple?: boolean; folder?: boolean }): string {
  const accept = of.accept ? `accept="${of.accept}"` : '';
  return `<div class="drop" x-drop>
    ${icon('upload', 'drop-icon')}
    <p class="drop-text" x-t="${of.text}"></p><p class="drop-note" x-t="${of.note}"></p>
    <div class="drop-buttons">
      <label class="button"><input type="file" class="visually-hidden" ${accept} ${of.multiple === false ? '' : 'multiple'}><span x-t="drop.files"></span></label>
      ${of.folder ? '<label class="button"><input type="file" class="visually-hidden" webkitdirectory multiple><span x-t="drop.folder"></span></label>' : ''}
    </div></div>`;
}

export function registerDrop(): void {
  Alpine.directive('drop', (element) => {
    const send = (files: ChosenFile[]) => {
      if (files.length) element.dispatchEvent(new CustomEvent('files-chosen', { detail: files, bubbles: true }));
    };
    let depth = 0;
    const over = (by: number) => {
      depth = Math.max(0, depth + by);
      element.classList.toggle('over', depth > 0);
    };
    element.addEventListener('dragenter', (event) => {
      event.preventDefault();
      over(1);
    });
    element.addEventListener('dragleave', () => over(-1));
    element.addEventListener('dragover', (event) => event.preventDefault());
    element.addEventListener('drop', (event) => {
      event.preventDefault();
      over(-depth);
      if (event.dataTransfer) void dropped(event.dataTransfer).then(send);
    });
    element.addEventListener('change', (event) => {
      const input = event.target as HTMLInputElement;
      send([...(input.files ?? [])].map((file) => ({ file, path: file.webkitRelativePath || file.name })));
      input.value = '';
    });
  });
  // A file that misses the place must not replace the studio by itself.
  for (const name of ['dragover', 'drop']) document.addEventListener(name, (event) => event.preventDefault());
}
