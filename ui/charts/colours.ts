/**
 * A colour for each class, the same everywhere: those of styles/tokens.css (--class-1 …), which colour-blind people can tell apart. A word always
 * stands beside the colour.
 */
const PALETTE = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#b8a800', '#7a7f87', '#882255', '#44aa99', '#6a5acd', '#a5673f'];

export function classColour(index: number): string {
  return PALETTE[index % PALETTE.length] as string;
}

/** Beside the colour: A to Z, then AA, AB, … */
export function classLetter(index: number): string {
  const letter = String.fromCharCode(65 + (index % 26));
  return index < 26 ? letter : classLetter(Math.floor(index / 26) - 1) + letter;
}

/** Black or white, whichever can be read on a colour. */
export function inkOn(colour: string): string {
  const part = (at: number) => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  const light = 0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5);
  return light > 0.179 ? '#000000' : '#ffffff';
}
