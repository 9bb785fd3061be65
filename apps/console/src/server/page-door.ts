/** What pages may ask of the console while they are rendered: the server puts it there before it answers anybody. */
import type { Me } from './rpc/people/me.ts';

export const PAGE_DOOR = Symbol.for('pgherd.console');

export interface PageDoor {
  /** @param cookie the request's whole Cookie header */
  me(cookie: string, secure: boolean): Promise<Me>;
}

/** @returns null while the database cannot be used */
export function pageDoor(): PageDoor | null {
  return ((globalThis as Record<symbol, unknown>)[PAGE_DOOR] as PageDoor | undefined) ?? null;
}
