import { useTranslations } from 'next-intl';
import { cx } from './cx.ts';
import { Icon, type IconName } from './icon.tsx';

/** When a changed parameter takes effect. The chip grows louder with what that costs. */
export type Effect = 'sessions' | 'reload' | 'restart';

const ICON_OF: Readonly<Record<Effect, IconName>> = { sessions: 'new-sessions', reload: 'reload', restart: 'restart' };

interface ContextChipProps {
  readonly effect: Effect;
  /** The change is in the draft: a restart is then filled. */
  readonly hot?: boolean;
}

export function ContextChip({ effect, hot = false }: ContextChipProps) {
  const t = useTranslations('words.effect');
  return (
    <span className={cx('chip', `chip-${effect}`, hot && 'chip-hot')}>
      <Icon name={ICON_OF[effect]} />
      {t(effect)}
    </span>
  );
}
