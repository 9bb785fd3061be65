'use client';

import { type ReactNode, useEffect, useId, useRef, useState } from 'react';

interface MenuProps {
  /** The button's class, words and accessible name. */
  readonly className: string;
  /** In place of the words, where they say too little. They must be in it. */
  readonly label?: string;
  readonly button: ReactNode;
  /** What opens: links and buttons. Choosing one closes it. */
  readonly children: ReactNode;
}

/** A button that discloses a short list. Escape, a click elsewhere, and leaving it with Tab close it. */
export function Menu({ className, label, button, children }: MenuProps) {
  const [open, setOpen] = useState(false);
  const id = useId();
  const root = useRef<HTMLDivElement>(null);
  const opener = useRef<HTMLButtonElement>(null);

  useEffect(() => {
    if (!open) return;
    const onPointer = (event: PointerEvent): void => {
      if (event.target instanceof Node && root.current?.contains(event.target) !== true) setOpen(false);
    };
    document.addEventListener('pointerdown', onPointer);
    return () => document.removeEventListener('pointerdown', onPointer);
  }, [open]);

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape and leaving concern the button and its list together
    <div
      ref={root}
      className="menu-anchor"
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !open) return;
        event.stopPropagation();
        setOpen(false);
        opener.current?.focus();
      }}
      onBlur={(event) => {
        if (event.relatedTarget !== null && !event.currentTarget.contains(event.relatedTarget)) setOpen(false);
      }}
    >
      <button
        ref={opener}
        type="button"
        className={className}
        aria-label={label}
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        onClick={() => setOpen(!open)}
      >
        {button}
      </button>
      {open && (
        // biome-ignore lint/a11y: the items act; the list only notices that one of them did
        <div
          id={id}
          className="menu"
          onClick={(event) => {
            if ((event.target as HTMLElement).closest('a, button') === null) return;
            setOpen(false);
            opener.current?.focus();
          }}
        >
          {children}
        </div>
      )}
    </div>
  );
}
