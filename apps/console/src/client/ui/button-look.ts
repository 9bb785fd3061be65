import { cx } from './cx.ts';
import type { IconName } from './icon.tsx';

export interface ButtonLook {
  readonly kind?: 'plain' | 'primary' | 'danger' | 'quiet';
  readonly small?: boolean;
  readonly icon?: IconName;
  readonly className?: string;
}

/** The classes of a button, for links that look like one. */
export const buttonClass = ({ kind = 'plain', small = false, className }: ButtonLook): string =>
  cx('button', kind !== 'plain' && `button-${kind}`, small && 'button-small', className);
