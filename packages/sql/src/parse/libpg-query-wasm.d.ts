/** The emscripten module under libpg-query 18.1.5, which the package ships without types. Each call makes an instance. */
declare module 'libpg-query/wasm/libpg-query.js' {
  export interface WasmModule {
    readonly HEAPU8: Uint8Array;
    getValue(pointer: number, type: 'i32'): number;
    UTF8ToString(pointer: number): string;
    stringToUTF8(text: string, pointer: number, bytesMax: number): void;
    lengthBytesUTF8(text: string): number;
    _malloc(bytes: number): number;
    _free(pointer: number): void;
    _wasm_parse_query_raw(query: number): number;
    _wasm_free_parse_result(result: number): void;
  }
  export default function createModule(options: {
    print(line: string): void;
    printErr(line: string): void;
  }): Promise<WasmModule>;
}
