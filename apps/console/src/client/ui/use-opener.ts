'use client';

import { useCallback, useState } from 'react';

/**
 * Where the focus returns when a dialog closes: to what had it when the dialog was made. Dialogs here have no trigger of their
 * own, so Radix does not know it. Hand the result to `onCloseAutoFocus`.
 */
export function useOpener(): (event: Event) => void {
  const [opener] = useState(() => (typeof document === 'undefined' ? null : document.activeElement));
  return useCallback(
    (event: Event) => {
      event.preventDefault();
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
    },
    [opener],
  );
}
