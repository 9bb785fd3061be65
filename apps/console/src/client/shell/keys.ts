/** The keys of the console, as a step function: no clock, no DOM. */
export type KeyAct =
  | { readonly kind: 'palette' | 'help' | 'filter' | 'pause' }
  | { readonly kind: 'go'; readonly key: string };

export interface KeyState {
  /** When `g` was pressed, ms; null: not waiting for a letter. */
  readonly goSinceMs: number | null;
}

export interface Press {
  readonly key: string;
  readonly ctrl: boolean;
  readonly meta: boolean;
  readonly alt: boolean;
  /** The focus is where text is typed: only ⌘K works there. */
  readonly typing: boolean;
}

export const REST: KeyState = { goSinceMs: null };

/** How long `g` waits for its letter, ms. */
export const GO_WAIT_MS = 1500;

export function press(state: KeyState, pressed: Press, nowMs: number): { state: KeyState; act: KeyAct | null } {
  const { key } = pressed;
  if ((pressed.ctrl || pressed.meta) && !pressed.alt && key.toLowerCase() === 'k') {
    return { state: REST, act: { kind: 'palette' } };
  }
  if (pressed.ctrl || pressed.meta || pressed.alt || pressed.typing) return { state: REST, act: null };
  if (state.goSinceMs !== null && nowMs - state.goSinceMs <= GO_WAIT_MS) {
    return { state: REST, act: { kind: 'go', key: key.toLowerCase() } };
  }
  switch (key) {
    case 'g':
      return { state: { goSinceMs: nowMs }, act: null };
    case '?':
      return { state: REST, act: { kind: 'help' } };
    case '/':
      return { state: REST, act: { kind: 'filter' } };
    case '.':
      return { state: REST, act: { kind: 'pause' } };
    default:
      return { state: REST, act: null };
  }
}
