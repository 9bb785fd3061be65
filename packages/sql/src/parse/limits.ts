/** What is parsed at all, and where. Over a cap nothing runs; over a bound of `here` the thread parses. */
export interface ParseLimits {
  readonly textBytesMax: number;
  /** Outside lists of literals. */
  readonly tokensMax: number;
  readonly nestingMax: number;
  readonly blockCommentsMax: number;
  /** Bounds for parsing on the caller's own stack, in the caller's own turn. */
  readonly here: {
    readonly textBytesMax: number;
    readonly tokensMax: number;
    readonly nestingMax: number;
    readonly blockCommentsMax: number;
  };
}

/** Measured on libpg-query 18.1.5 and Node 24, with V8's default stack of 984 kB: the first statement to overflow it has some 5,000
 *  tokens where each token is a level ("NOT NOT ..."), or 1,500 nested sub-selects. The thread has a stack of 16 MB and takes the
 *  whole of the caps. Each block comment costs the scanner about 2 ns per byte of text: 65,000 of them took more than 15 s. */
export const PARSE_LIMITS: ParseLimits = {
  textBytesMax: 256 * 1024,
  tokensMax: 5_000,
  nestingMax: 500,
  blockCommentsMax: 500,
  here: { textBytesMax: 8 * 1024, tokensMax: 2_000, nestingMax: 200, blockCommentsMax: 100 },
};

/** Stack of the parsing thread. With 4 MB the first overflow was at some 5,500 levels of one token each, just over the caps. */
export const THREAD_STACK_MB = 16;
/** Of the thread's JavaScript heap; a parse that needs more ends the thread, not the process. */
export const THREAD_HEAP_MB = 512;
/** WASM memory starts at 128 MB and never shrinks: an instance that grew beyond this is replaced. */
export const INSTANCE_BYTES_MAX = 192 * 1024 * 1024;
/** Long texts that may wait for the thread. */
export const THREAD_QUEUE_MAX = 64;
/** From the question to the answer, waiting included. */
export const DEADLINE_MS = 1_000;
/** Parsing that `parse` does in one turn of the event loop before it lets others run. */
export const TURN_BUDGET_MS = 5;
