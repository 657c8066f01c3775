/** Lists of class names as they lie beside label files: data.yaml and classes.txt of YOLO. Of YAML just what such files use; no general parser is needed. */
import { shortened } from './files.ts';

/** The names in a classes.txt or obj.names: one a line, in the order of their numbers. Empty lines at the end do not count. */
export function namesOfLines(text: string): string[] {
  const lines = text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\r|\n/)
    .map((line) => line.trim());
  while (lines.at(-1) === '') lines.pop();
  return lines;
}

/**
 * `names` of an Ultralytics data.yaml by number: a list or a map, in block or flow style. null where there is no such key. Throws SyntaxError where the
 * value is of no such form.
 */
export function namesOfYaml(text: string): Map<number, string> | null {
  const lines = text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\r|\n/)
    .map(withoutComment);
  const at = lines.findIndex((line) => /^["']?names["']?\s*:/.test(line));
  if (at < 0) return null;
  const inline = lines[at]!.slice(lines[at]!.indexOf(':') + 1).trim();
  if (inline.startsWith('[') || inline.startsWith('{')) return flow([inline, ...lines.slice(at + 1)].join('\n'));
  if (inline !== '') throw new SyntaxError(`names: ${shortened(inline, 80)}`);
  const names = new Map<number, string>();
  let indent = -1;
  for (const line of lines.slice(at + 1)) {
    if (line.trim() === '') continue;
    const deep = line.length - line.trimStart().length;
    const item = line.trim();
    // A block list may stand at the margin, a map may not; anything else at the margin is the next key.
    if (deep === 0 && !/^-(\s|$)/.test(item)) break;
    if (indent < 0) indent = deep;
    if (deep !== indent) throw new SyntaxError(`names: ${shortened(item, 80)}`);
    if (/^-(\s|$)/.test(item)) {
      names.set(names.size, scalar(item.slice(1).trim()));
      continue;
    }
    const pair = /^["']?(\d{1,9})["']?\s*:\s*(.*)$/.exec(item);
    if (pair === null) throw new SyntaxError(`names: ${shortened(item, 80)}`);
    names.set(Number(pair[1]), scalar(pair[2]!.trim()));
  }
  return names;
}

function withoutComment(line: string): string {
  let quote = '';
  for (let i = 0; i < line.length; i += 1) {
    const c = line[i]!;
    if (quote !== '') {
      if (c === '\\' && quote === '"') i += 1;
      else if (c === quote) quote = '';
    } else if (c === '"' || (c === "'" && !/\w/.test(line[i - 1] ?? ''))) quote = c;
    else if (c === '#' && (i === 0 || /\s/.test(line[i - 1]!))) return line.slice(0, i);
  }
  return line;
}

function scalar(text: string): string {
  if (text.length >= 2 && text.startsWith("'") && text.endsWith("'")) return text.slice(1, -1).replaceAll("''", "'");
  if (text.length >= 2 && text.startsWith('"') && text.endsWith('"')) {
    try {
      return JSON.parse(text) as string;
    } catch {
      throw new SyntaxError(`names: ${shortened(text, 80)}`);
    }
  }
  return text;
}

/** [a, 'b'] or {0: a, 1: 'b'}, possibly over several lines; what follows the closing bracket is not looked at. */
function flow(text: string): Map<number, string> {
  const isList = text.startsWith('[');
  const close = isList ? ']' : '}';
  const items: string[] = [];
  let item = '';
  let quote = '';
  let i = 1;
  for (; i < text.length; i += 1) {
    const c = text[i]!;
    if (quote !== '') {
      item += c;
      if (c === '\\' && quote === '"') {
        i += 1;
        item += text[i] ?? '';
      } else if (c === quote) quote = '';
    } else if (c === ',' || c === close) {
      if (item.trim() !== '' || c === ',') items.push(item.trim());
      item = '';
      if (c === close) break;
    } else {
      if ((c === '"' || c === "'") && (item.trim() === '' || /:\s*$/.test(item))) quote = c;
      item += c === '\n' ? ' ' : c;
    }
  }
  if (i >= text.length) throw new SyntaxError(`names: ${close}`);
  const names = new Map<number, string>();
  for (const entry of items) {
    if (isList) {
      names.set(names.size, scalar(entry));
      continue;
    }
    const pair = /^["']?(\d{1,9})["']?\s*:\s*(.*)$/s.exec(entry);
    if (pair === null) throw new SyntaxError(`names: ${shortened(entry, 80)}`);
    names.set(Number(pair[1]), scalar(pair[2]!.trim()));
  }
  return names;
}

/** A name as YAML always reads back as the same string: quoted, unless it is a plain word. */
export function yamlScalar(name: string): string {
  const plain = /^[\p{L}][\p{L}\p{N}_ -]*$/u.test(name) && !/^(true|false|yes|no|on|off|null|y|n)$/i.test(name) && !name.endsWith(' ');
  return plain ? name : JSON.stringify(name);
}
