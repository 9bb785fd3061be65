export type { Operations } from './operations.ts';
export * from './status.ts';
