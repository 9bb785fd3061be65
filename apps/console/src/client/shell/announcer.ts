/**
 * What is said to screen readers: at most one sentence per 5 s. The loss of a primary or of the quorum (assertive) goes
 * first; of several polite ones that wait, each topic's newest is said, so that a busy cluster is not read out line by line.
 */
export type Urgency = 'polite' | 'assertive';

export interface Saying {
  readonly text: string;
  readonly urgency: Urgency;
  /** A newer one of the same topic replaces an older one that was not said yet. */
  readonly topic: string;
}

export interface AnnouncerState {
  readonly waiting: readonly Saying[];
  readonly saidAtMs: number | null;
}

export const SILENT: AnnouncerState = { waiting: [], saidAtMs: null };
export const APART_MS = 5000;

export function add(state: AnnouncerState, saying: Saying): AnnouncerState {
  const others = state.waiting.filter((other) => other.topic !== saying.topic);
  return { ...state, waiting: [...others, saying] };
}

/** @returns what to say now, if anything, and in how many ms to ask again (null: nothing waits). */
export function next(
  state: AnnouncerState,
  nowMs: number,
): { state: AnnouncerState; say: Saying | null; againInMs: number | null } {
  const first = state.waiting.find((saying) => saying.urgency === 'assertive') ?? state.waiting[0];
  if (first === undefined) return { state, say: null, againInMs: null };
  const wait = state.saidAtMs === null ? 0 : state.saidAtMs + APART_MS - nowMs;
  if (wait > 0) return { state, say: null, againInMs: wait };
  const waiting = state.waiting.filter((saying) => saying !== first);
  return { state: { waiting, saidAtMs: nowMs }, say: first, againInMs: waiting.length === 0 ? null : APART_MS };
}
