export type { Operations } from './operations.ts';
export * from './route.ts';
export * from './status.ts';
