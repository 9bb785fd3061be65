// Not the package's entry: that keeps one instance for the life of the process, and loads it at import.
import createModule, { type WasmModule } from 'libpg-query/wasm/libpg-query.js';
import { INSTANCE_BYTES_MAX } from './limits.ts';

export type InstanceOutcome =
  | { readonly kind: 'tree'; readonly json: string }
  | { readonly kind: 'syntax-error'; readonly message: string; readonly cursor: number }
  /** The instance must not be used again. */
  | { readonly kind: 'broken' };

/** One instance of the parser, with a memory of its own.
 *
 *  An exception that crosses WASM leaves the instance's stack pointer where it was: every stack overflow takes up to a megabyte of
 *  its 32, until later parses fail or run astray. So an instance is over after its first exception, and says so. */
export class ParserInstance {
  readonly #module: WasmModule;
  #broken = false;

  private constructor(module: WasmModule) {
    this.#module = module;
  }

  /** Some 10 ms, of which the compiled code is shared with earlier instances. */
  static async create(): Promise<ParserInstance> {
    const silent = (): void => {};
    return new ParserInstance(await createModule({ print: silent, printErr: silent }));
  }

  /** Broken, or grown so large that its memory should be given back. */
  get spent(): boolean {
    return this.#broken || this.#module.HEAPU8.length > INSTANCE_BYTES_MAX;
  }

  /** `text` holds no zero character. Caps are the caller's business. */
  parse(text: string): InstanceOutcome {
    if (this.#broken) return { kind: 'broken' };
    const module = this.#module;
    try {
      const bytes = module.lengthBytesUTF8(text) + 1;
      const query = module._malloc(bytes);
      if (query === 0) throw new RangeError('out of memory');
      module.stringToUTF8(text, query, bytes);
      const result = module._wasm_parse_query_raw(query);
      if (result === 0) throw new RangeError('out of memory');
      const outcome = readResult(module, result);
      module._wasm_free_parse_result(result);
      module._free(query);
      return outcome;
    } catch {
      this.#broken = true;
      return { kind: 'broken' };
    }
  }
}

/** PgQueryParseResult: char *parse_tree, char *stderr_buffer, PgQueryError *error.
 *  PgQueryError: char *message, *funcname, *filename; int lineno, cursorpos (from 1, 0 for unknown). */
function readResult(module: WasmModule, result: number): InstanceOutcome {
  const error = module.getValue(result + 8, 'i32');
  if (error === 0) return { kind: 'tree', json: module.UTF8ToString(module.getValue(result, 'i32')) };
  const message = module.UTF8ToString(module.getValue(error, 'i32'));
  return { kind: 'syntax-error', message, cursor: Math.max(0, module.getValue(error + 16, 'i32') - 1) };
}
