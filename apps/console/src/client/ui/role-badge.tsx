import { useTranslations } from 'next-intl';
import { cx } from './cx.ts';

export type Role =
  | 'primary'
  | 'standby'
  | 'standbySync'
  | 'standbyAsync'
  | 'standbyQuorum'
  | 'leader'
  | 'leaderVip'
  | 'member';

const LEADING: readonly Role[] = ['primary', 'leader', 'leaderVip'];

interface RoleBadgeProps {
  /** What was measured, or what is believed where nothing was measured. */
  readonly measured: Role;
  /** What the proxies believe. Where it differs the badge splits, and the measured half is filled. */
  readonly believed?: Role;
}

export function RoleBadge({ measured, believed }: RoleBadgeProps) {
  const t = useTranslations('words.role');
  if (believed !== undefined && believed !== measured) {
    return (
      <span className="role-badge">
        <span>
          <small>{t('believed')}</small>
          {t(believed)}
        </span>
        <span className="role-badge-measured">
          <small>{t('measured')}</small>
          {t(measured)}
        </span>
      </span>
    );
  }
  return (
    <span className={cx('role-badge', LEADING.includes(measured) && 'role-badge-leading')}>
      <span>{t(measured)}</span>
    </span>
  );
}
