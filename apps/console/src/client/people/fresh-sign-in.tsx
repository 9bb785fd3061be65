'use client';
/** For acts that the server lets through only shortly after a sign-in: asks for the password, then does them. */
import dynamic from 'next/dynamic';
import { type ReactNode, useCallback, useRef, useState } from 'react';
import { failureOf } from '../live/api.ts';

const FreshSignInDialog = dynamic(
  () => import('./fresh-sign-in-dialog.tsx').then((module) => module.FreshSignInDialog),
  { ssr: false },
);

/** Thrown when one turns back at the dialog: nothing was done. */
export class NotConfirmed extends Error {}

interface Fresh {
  /** Does `work`; where the server wants a fresh sign-in, asks for it and does `work` again. @throws NotConfirmed */
  readonly fresh: <T>(work: () => Promise<T>) => Promise<T>;
  /** The dialog, to be put anywhere on the page. */
  readonly dialog: ReactNode;
}

export function useFresh(): Fresh {
  const [open, setOpen] = useState(false);
  const waiting = useRef<((confirmed: boolean) => void) | null>(null);
  const end = useCallback((confirmed: boolean): void => {
    setOpen(false);
    waiting.current?.(confirmed);
    waiting.current = null;
  }, []);
  const fresh = useCallback(async <T,>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      if (failureOf(error).code !== 'CONFIRM_SIGN_IN') throw error;
    }
    const confirmed = await new Promise<boolean>((resolve) => {
      waiting.current = resolve;
      setOpen(true);
    });
    if (!confirmed) throw new NotConfirmed('not confirmed');
    return work();
  }, []);
  const dialog = open ? <FreshSignInDialog onDone={() => end(true)} onClose={() => end(false)} /> : null;
  return { fresh, dialog };
}

/** What to show of a failed act; turning back at the dialog is none. */
export const failureText = (error: unknown): string => (error instanceof NotConfirmed ? '' : failureOf(error).message);
