'use client';

import { useTranslations } from 'next-intl';
import { Dialog as Radix } from 'radix-ui';
import type { ReactNode, RefObject } from 'react';
import { cx } from './cx.ts';
import { Icon } from './icon.tsx';
import { useOpener } from './use-opener.ts';

export interface DialogProps {
  readonly title: string;
  /** One sentence under the title. */
  readonly about?: ReactNode;
  readonly onClose: () => void;
  /** The acts, at the foot. Without them the dialog has a close button at its head. */
  readonly foot?: ReactNode;
  readonly wide?: boolean;
  /** What gets the focus at first: the safe choice. */
  readonly focusFirst?: RefObject<HTMLElement | null>;
  readonly children: ReactNode;
}

/**
 * A modal dialog: the focus stays inside and returns to the opener, Escape closes. Load it with next/dynamic: no page needs
 * it at first sight.
 */
export function Dialog({ title, about, onClose, foot, wide = false, focusFirst, children }: DialogProps) {
  const t = useTranslations('ui.button');
  const toOpener = useOpener();
  return (
    <Radix.Root open onOpenChange={(open) => !open && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className="dialog-veil" />
        <Radix.Content
          className={cx('dialog', wide && 'dialog-wide')}
          {...(about === undefined ? { 'aria-describedby': undefined } : {})}
          onCloseAutoFocus={toOpener}
          onOpenAutoFocus={(event) => {
            if (focusFirst?.current == null) return;
            event.preventDefault();
            focusFirst.current.focus();
          }}
        >
          <div className="dialog-head flex items-start gap-2">
            <div className="min-w-0 flex-1">
              <Radix.Title>{title}</Radix.Title>
              {about !== undefined && <Radix.Description className="muted">{about}</Radix.Description>}
            </div>
            {foot === undefined && (
              <Radix.Close className="button button-quiet button-icon" aria-label={t('close')}>
                <Icon name="close" />
              </Radix.Close>
            )}
          </div>
          <div className="dialog-body">{children}</div>
          {foot !== undefined && <div className="dialog-foot">{foot}</div>}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
