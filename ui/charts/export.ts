/** A graph to take along: its values as CSV for Excel, itself as a picture with its title and legend. */
import type { Graph, Line } from './plot.ts';

const quoted = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** With a byte order mark, without which Excel reads Korean as something else. */
export function graphCsv(graph: Graph, place: string): Blob {
  const rows = [[place, ...graph.lines.map((line) => line.label)].map(quoted)];
  for (const [index, x] of graph.x.entries()) {
    const values = graph.lines.map((line) => line.values[index] ?? null);
    // Between two folds there is a gap and nothing else.
    if (values.every((value) => value === null)) continue;
    rows.push([String(x), ...values.map((value) => (value === null ? '' : String(value)))]);
  }
  return new Blob(['\ufeff', rows.map((row) => `${row.join(',')}\r\n`).join('')], { type: 'text/csv;charset=utf-8' });
}

export interface Pictured {
  title: string;
  lines: readonly Line[];
  text: string;
  paper: string;
  fontFamily: string;
}

/** The lines' colours are no tokens here. */
export function graphPng(graph: HTMLCanvasElement, of: Pictured): Promise<Blob> {
  const scale = graph.width / Math.max(1, graph.clientWidth);
  const [margin, row] = [16 * scale, 22 * scale];
  const picture = document.createElement('canvas');
  const pen = picture.getContext('2d') as CanvasRenderingContext2D;
  const setFont = (weight: number) => (pen.font = `${weight} ${13 * scale}px ${of.fontFamily}`);
  setFont(500);
  const sample = 26 * scale;
  // As many entries of the legend in a row as there is room for.
  const rows: Line[][] = [[]];
  let used = 0;
  const widthOf = (line: Line) => sample + pen.measureText(line.label).width + 2 * margin;
  for (const line of of.lines) {
    if (used + widthOf(line) > graph.width && used > 0) {
      rows.push([]);
      used = 0;
    }
    used += widthOf(line);
    rows.at(-1)?.push(line);
  }
  picture.width = graph.width + 2 * margin;
  picture.height = graph.height + row * (rows.length + 1) + 2 * margin;
  pen.fillStyle = of.paper;
  pen.fillRect(0, 0, picture.width, picture.height);
  pen.textBaseline = 'middle';
  pen.fillStyle = of.text;
  setFont(650);
  pen.fillText(of.title, margin, margin + row / 2);
  pen.drawImage(graph, margin, margin + row);
  setFont(500);
  for (const [index, lines] of rows.entries()) {
    let x = margin;
    const y = margin + row + graph.height + row * (index + 0.5);
    for (const line of lines) {
      pen.strokeStyle = line.colour;
      pen.lineWidth = 2 * scale;
      pen.setLineDash((line.dash ?? []).map((part) => part * scale));
      pen.beginPath();
      pen.moveTo(x, y);
      pen.lineTo(x + sample - 6 * scale, y);
      pen.stroke();
      pen.fillText(line.label, x + sample, y);
      x += widthOf(line);
    }
  }
  return new Promise((resolve, reject) => picture.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('no picture'))), 'image/png'));
}
