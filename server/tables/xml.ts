/**
 * The XML inside a workbook, read in a stream: htmlparser2 in its XML mode, which knows the five entities of XML and no others, loads nothing and
 * never recurses. A document type declaration, the door of entity bombs, is refused.
 */
import { Parser } from 'htmlparser2';
import { StudioError } from '../errors.ts';

export interface XmlHandler {
  /** Names come without their namespace's prefix; attributes too, but for the prefix `r:` of relationships. */
  open?(name: string, attributes: Readonly<Record<string, string>>): void;
  text?(text: string): void;
  close?(name: string): void;
}

const local = (name: string) => name.slice(name.lastIndexOf(':') + 1);

/** Deeper than any workbook; the parser keeps the names of the open elements. */
const MAX_DEPTH = 100;

/** Hands what is read to the handler; gives way after each piece, so that the caller can take what has come. Throws StudioError. */
export async function* readXml(source: AsyncIterable<Buffer>, handler: XmlHandler): AsyncGenerator<void> {
  let depth = 0;
  const parser = new Parser(
    {
      onopentag: (name, attributes) => {
        depth += 1;
        if (depth > MAX_DEPTH) throw new StudioError('table_workbook_damaged', {}, `nested deeper than ${MAX_DEPTH}`);
        handler.open?.(local(name), attributes);
      },
      ontext: (text) => handler.text?.(text),
      onclosetag: (name) => {
        depth -= 1;
        handler.close?.(local(name));
      },
      onprocessinginstruction: (name) => {
        if (name.toLowerCase().startsWith('!')) throw new StudioError('table_workbook_entities');
      },
    },
    { xmlMode: true, decodeEntities: true },
  );
  const decoder = new TextDecoder('utf-8');
  for await (const piece of source) {
    parser.write(decoder.decode(piece, { stream: true }));
    yield;
  }
  parser.end(decoder.decode());
  yield;
}

export async function readWholeXml(source: AsyncIterable<Buffer>, handler: XmlHandler): Promise<void> {
  for await (const _ of readXml(source, handler)) {
    // Nothing to take in between.
  }
}
