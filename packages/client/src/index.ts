export type { Call, CallName, Calls, InputOf, OutputOf } from './calls.ts';
export { type Client, type ClientOptions, createClient } from './client.ts';
export { type Check, ConsoleError } from './console-error.ts';
