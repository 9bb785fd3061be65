'use client';

import { type MouseEvent, type ReactNode, type Ref, useId } from 'react';
import { type ButtonLook, buttonClass } from './button-look.ts';
import { cx } from './cx.ts';
import { Icon } from './icon.tsx';

export interface ButtonProps extends ButtonLook {
  /** Names the act and its object: "Switch over to node 2". An ellipsis where a question follows. */
  readonly children: ReactNode;
  readonly onClick?: (event: MouseEvent<HTMLButtonElement>) => void;
  readonly type?: 'button' | 'submit';
  /**
   * Why the act is not possible now. A button with a reason is dead, stays in the tab order, and says why: on hover, on
   * focus, and to a screen reader. There is no dead button without one.
   */
  readonly reason?: string | undefined;
  /** Where the reason shows up: by default under the button, to the left from its right end. */
  readonly reasonAt?: 'left' | 'above';
  /** The act is under way; a second press does nothing. */
  readonly busy?: boolean;
  readonly label?: string;
  readonly ref?: Ref<HTMLButtonElement>;
  readonly 'aria-expanded'?: boolean;
  readonly 'aria-haspopup'?: 'dialog' | 'menu';
  readonly 'aria-controls'?: string;
  readonly 'aria-pressed'?: boolean;
}

export function Button(props: ButtonProps) {
  const { children, icon, onClick, type = 'button', reason, reasonAt, busy = false, label, ref } = props;
  const reasonId = useId();
  const dead = reason !== undefined && reason !== '';
  const button = (
    <button
      ref={ref}
      type={type}
      className={buttonClass(props)}
      aria-disabled={dead || undefined}
      aria-busy={busy || undefined}
      aria-describedby={dead ? reasonId : undefined}
      aria-label={label}
      aria-expanded={props['aria-expanded']}
      aria-haspopup={props['aria-haspopup']}
      aria-controls={props['aria-controls']}
      aria-pressed={props['aria-pressed']}
      onClick={(event) => {
        if (dead || busy) event.preventDefault();
        else onClick?.(event);
      }}
    >
      {icon !== undefined && <Icon name={icon} />}
      {children}
    </button>
  );
  if (!dead) return button;
  return (
    <span className="with-reason">
      {button}
      <span role="tooltip" id={reasonId} className={cx('reason', reasonAt !== undefined && `reason-${reasonAt}`)}>
        {reason}
      </span>
    </span>
  );
}
