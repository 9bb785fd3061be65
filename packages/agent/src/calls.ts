/** What goes over the wire between an engine and an agent: a POST to /v1/NAME with JSON, answered by lines of JSON. */

export const agentCalls: readonly string[] = ['control', 'stop', 'start', 'standby', 'rewind', 'copy'];

export type AgentCall =
  | { readonly name: 'control' }
  | { readonly name: 'stop'; readonly mode: 'fast' | 'immediate'; readonly limitMs: number }
  | { readonly name: 'start'; readonly limitMs: number }
  | { readonly name: 'standby' | 'rewind' | 'copy'; readonly host: string; readonly port: number };

/** One line of an answer. The last one has `result` or `error`; one with nothing says that the call goes on. */
export interface AgentLine {
  readonly progress?: readonly [number, number | null];
  readonly line?: string;
  readonly result?: unknown;
  readonly error?: string;
}

export const CALL_BYTES_MAX = 4 * 1024;
