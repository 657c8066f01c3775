/** Labels drawn over a picture that stands still, as SVG that grows and shrinks with it. */
import type { Part, Shape } from '../../server/labels/annotation.ts';
import { outlineOf } from '../../server/labels/shapes.ts';
import { classColour } from '../charts/colours.ts';

const SVG = 'http://www.w3.org/2000/svg';

function rings(parts: readonly Part[]): string {
  const line = (ring: readonly number[]) => `M${ring.map((value, at) => `${at === 0 ? '' : at % 2 ? ',' : 'L'}${Math.round(value * 10) / 10}`).join('')}Z`;
  return parts.flatMap(({ outer, holes }) => [line(outer), ...holes.map(line)]).join('');
}

/** Coordinates of `shapes` are those of a picture of `width` × `height`. A class of the whole picture has no place in it and is not drawn. */
export function overlay(shapes: readonly Shape[], width: number, height: number): SVGSVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
  svg.setAttribute('class', 'overlay');
  svg.setAttribute('aria-hidden', 'true');
  for (const shape of shapes) {
    if (shape.kind === 'whole') continue;
    const path = document.createElementNS(SVG, 'path');
    path.setAttribute('d', rings(outlineOf(shape)));
    path.setAttribute('fill-rule', 'evenodd');
    path.style.setProperty('--class-colour', classColour(shape.label));
    svg.append(path);
  }
  return svg;
}
