'use client';

import { useTranslations } from 'next-intl';
import { createContext, type ReactNode, useCallback, useContext, useEffect, useRef, useState } from 'react';
import { Glyph } from './glyph.tsx';
import { Icon } from './icon.tsx';
import type { StatusKind } from './status.ts';

interface ToastContent {
  readonly kind: StatusKind;
  readonly text: string;
  /** Where the result can be seen, or an undo. */
  readonly act?: ReactNode;
}

type Show = (toast: ToastContent) => void;

const ToastContext = createContext<Show>(() => undefined);

/** Toasts report results, nothing else; what lasts is a banner's. */
export const useToast = (): Show => useContext(ToastContext);

/** How long one stays, ms, unless the pointer or the focus is on it. Failures stay until they are closed. */
const STAY_MS = 8000;
const MOST = 3;

export function Toasts({ children }: { readonly children: ReactNode }) {
  const t = useTranslations('ui.toast');
  const [toasts, setToasts] = useState<readonly (ToastContent & { readonly id: number })[]>([]);
  const nextId = useRef(1);
  const [held, setHeld] = useState(false);

  const show = useCallback<Show>((toast) => {
    const id = nextId.current++;
    setToasts((all) => [...all.slice(1 - MOST), { ...toast, id }]);
  }, []);
  const close = (id: number): void => setToasts((all) => all.filter((toast) => toast.id !== id));

  const oldest = toasts.find((toast) => toast.kind !== 'down' && toast.kind !== 'failed')?.id;
  useEffect(() => {
    if (oldest === undefined || held) return;
    const timer = setTimeout(() => setToasts((all) => all.filter(({ id }) => id !== oldest)), STAY_MS);
    return () => clearTimeout(timer);
  }, [oldest, held]);

  return (
    <ToastContext value={show}>
      {children}
      <section
        className="toasts"
        aria-label={t('region')}
        aria-live="polite"
        onPointerEnter={() => setHeld(true)}
        onPointerLeave={() => setHeld(false)}
        onFocus={() => setHeld(true)}
        onBlur={() => setHeld(false)}
      >
        {toasts.map((toast) => (
          <div key={toast.id} className="toast">
            <Glyph kind={toast.kind} />
            <span className="min-w-0 flex-1">{toast.text}</span>
            {toast.act}
            <button
              type="button"
              className="grid size-6 place-items-center"
              aria-label={t('close')}
              onClick={() => close(toast.id)}
            >
              <Icon name="close" />
            </button>
          </div>
        ))}
      </section>
    </ToastContext>
  );
}
