export interface InferenceModel {
  /** The file's metadata_props. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Side of the square input in pixels, and number of classes, read from the graph itself. */
  readonly size: number;
  readonly classes: number;
  /** images: uint8 RGB [count,size,size,3]; returns probabilities [count*classes]. */
  run(images: Uint8Array, count: number): Promise<Float32Array>;
  close(): Promise<void>;
}

/** Opens an exported model (a path or the bytes). */
export async function openModel(_source: string | Uint8Array, _options: { readonly threads: number }): Promise<InferenceModel> {
  throw new Error('not built yet');
}
