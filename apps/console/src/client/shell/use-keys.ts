'use client';

import { useEffect, useRef } from 'react';
import { type KeyAct, press, REST } from './keys.ts';

const TYPING = 'input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable=true]';

/** Hands the page's key presses to the step function; whoever handled a key before (a dialog, a table) keeps it. */
export function useKeys(onAct: (act: KeyAct) => boolean): void {
  const handler = useRef(onAct);
  useEffect(() => {
    handler.current = onAct;
  }, [onAct]);
  useEffect(() => {
    let state = REST;
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.isComposing) return;
      const target = event.target instanceof Element ? event.target : null;
      const step = press(
        state,
        {
          key: event.key,
          ctrl: event.ctrlKey,
          meta: event.metaKey,
          alt: event.altKey,
          // In a dialog letters are the dialog's own.
          typing: target?.closest(`${TYPING}, [role=dialog], [role=alertdialog], dialog`) != null,
        },
        event.timeStamp,
      );
      state = step.state;
      if (step.act !== null && handler.current(step.act)) event.preventDefault();
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, []);
}
