/** How requests are checked against their schemas: with TypeBox's own compiler. What a schema does not name is dropped, unless it says `unnamed: 'kept'`. */
import type { FastifySchemaCompiler } from 'fastify';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { Value } from 'typebox/value';
import { StudioError } from '../errors.ts';

export const compileValidator: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  // When the first request comes: all of them at the daemon's start would take half a second.
  let compiled: ReturnType<typeof Compile> | null = null;
  const isText = httpPart !== 'body';
  // Dropping what is not named takes hundreds of milliseconds where there are thousands of shapes: whoever takes them picks what it knows.
  const leaves = httpPart === 'headers' || (schema as { unnamed?: string }).unnamed === 'kept';
  return (raw: unknown) => {
    // Parameters of the address are text: "12" becomes 12, a missing one its default. A body is JSON and must be right as it is.
    const input = isText ? Value.Default(schema, Value.Convert(schema, structuredClone(raw))) : (raw ?? {});
    compiled ??= Compile(schema);
    if (compiled.Check(input)) return { value: leaves ? input : Value.Clean(schema, input) };
    const [error] = compiled.Errors(input);
    return { error: new StudioError('invalid_input', { field: fieldOf(error) || (httpPart ?? '') }, error?.message) };
  };
};

function fieldOf(error: { instancePath: string; params?: object } | undefined): string {
  if (error === undefined) return '';
  const path = error.instancePath.split('/').slice(1);
  const { requiredProperties } = (error.params ?? {}) as { requiredProperties?: string[] };
  return [...path, ...(requiredProperties?.slice(0, 1) ?? [])].join('.');
}
