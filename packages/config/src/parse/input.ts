import type { Settings } from '../settings/settings.ts';

export interface ConfigInput {
  readonly text: string;
  /** Path of the text, for messages and to find what is named relative to it. */
  readonly file: string;
  /** Reads an included file, or the file pgpool_node_id. Throws when it cannot. Without it an include is an error. */
  readonly readFile?: (absolutePath: string) => string;
  /** The settings in effect, when this is a reload: what only a start can change then keeps its value. */
  readonly previous?: Settings;
}

/** Where the value of a parameter (today's name, with number) comes from. */
export type Places = ReadonlyMap<string, { readonly file: string; readonly line: number }>;
