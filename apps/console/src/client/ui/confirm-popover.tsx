'use client';

import { useTranslations } from 'next-intl';
import { Popover } from 'radix-ui';
import { type ReactNode, useRef, useState } from 'react';
import { Button } from './button.tsx';
import { buttonClass } from './button-look.ts';
import { CopyButton } from './copy-button.tsx';

interface ConfirmPopoverProps {
  /** The words of the button that opens it; an ellipsis, as a question follows. */
  readonly opener: string;
  /** The act and its object: "Attach node 2". */
  readonly act: string;
  /** What it does, in one sentence. */
  readonly effect: ReactNode;
  readonly curl?: string;
  readonly onConfirm: () => void;
  readonly small?: boolean;
  /** It is what one would do next. */
  readonly primary?: boolean;
  /** Why it is not possible now. */
  readonly reason?: string;
}

/** Tier 1: names object and effect; the focus is on Cancel. */
export function ConfirmPopover({
  opener,
  act,
  effect,
  curl,
  onConfirm,
  small = false,
  primary = false,
  reason,
}: ConfirmPopoverProps) {
  const t = useTranslations('ui.button');
  const [open, setOpen] = useState(false);
  const cancel = useRef<HTMLButtonElement>(null);
  if (reason !== undefined) {
    return (
      <Button small={small} reason={reason}>
        {opener}
      </Button>
    );
  }
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger className={buttonClass({ small, kind: primary ? 'primary' : 'plain' })}>
        {opener}
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          className="popover"
          align="end"
          sideOffset={6}
          collisionPadding={12}
          aria-label={act}
          onOpenAutoFocus={(event) => {
            event.preventDefault();
            cancel.current?.focus();
          }}
        >
          <b>{act}</b>
          <p className="muted">{effect}</p>
          <div className="flex flex-wrap items-center gap-2">
            <Button small ref={cancel} onClick={() => setOpen(false)}>
              {t('cancel')}
            </Button>
            {curl !== undefined && <CopyButton small text={curl} label={t('copyCurl')} />}
            <span className="flex-1" />
            <Button
              small
              kind="primary"
              onClick={() => {
                setOpen(false);
                onConfirm();
              }}
            >
              {act}
            </Button>
          </div>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
