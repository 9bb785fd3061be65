'use client';

import { useState } from 'react';
import { failureText } from '../../people/fresh-sign-in.tsx';

interface Act {
  /** Does it; what is refused stands in `trouble`. @returns whether it was done */
  readonly act: (work: () => Promise<unknown>) => Promise<boolean>;
  readonly busy: boolean;
  readonly trouble: string;
}

/** One act at a time, with what the server said to it. */
export function useAct(): Act {
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState('');
  const act = async (work: () => Promise<unknown>): Promise<boolean> => {
    setBusy(true);
    setTrouble('');
    try {
      await work();
      return true;
    } catch (error) {
      setTrouble(failureText(error));
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { act, busy, trouble };
}
