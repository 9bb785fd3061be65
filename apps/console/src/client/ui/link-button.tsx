import Link from 'next/link';
import type { ReactNode } from 'react';
import { type ButtonLook, buttonClass } from './button-look.ts';
import { Icon } from './icon.tsx';

interface LinkButtonProps extends ButtonLook {
  readonly href: string;
  readonly children: ReactNode;
}

/** Leads to a page; what acts at once is a Button. */
export function LinkButton({ href, children, ...look }: LinkButtonProps) {
  return (
    <Link href={href} className={buttonClass(look)} prefetch={false}>
      {look.icon !== undefined && <Icon name={look.icon} />}
      {children}
    </Link>
  );
}
