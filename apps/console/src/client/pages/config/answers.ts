/** What the procedures of the configuration answer. */
import type { Api } from '../../live/api.ts';

type Answer<Procedure extends { query: (...given: never[]) => Promise<unknown> }> = Awaited<
  ReturnType<Procedure['query']>
>;
export type ParameterTable = Answer<Api['herd']['parameters']>;
export type Running = Answer<Api['config']['running']>;
export type Checked = Answer<Api['config']['check']>;
export type DraftInFull = Answer<Api['config']['drafts']['get']>;
export type Version = Answer<Api['config']['versions']['list']>[number];
