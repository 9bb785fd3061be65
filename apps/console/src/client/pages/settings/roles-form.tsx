'use client';

import { useTranslations } from 'next-intl';
import { optional, type Permission, type Role, roles } from '../../../shared/permissions.ts';
import { useMe } from '../../frame/me.tsx';
import { Checkbox } from '../../ui/choice.tsx';

export interface Grant {
  readonly cluster: string;
  readonly roles: readonly Role[];
  readonly extra: readonly Permission[];
}

interface Props {
  readonly grants: readonly Grant[];
  readonly onChange: (grants: readonly Grant[]) => void;
}

const toggled = <T,>(list: readonly T[], one: T, on: boolean): readonly T[] =>
  on ? [...list, one] : list.filter((other) => other !== one);

/** Roles on each cluster, and what a role may be given beyond the table. */
export function RolesForm({ grants, onChange }: Props) {
  const t = useTranslations('settings');
  const frame = useTranslations('frame');
  const { clusters } = useMe();
  if (clusters.length === 0) return <p className="muted">{t('people.noClusters')}</p>;
  return clusters.map(({ slug, name }) => {
    const grant = grants.find(({ cluster }) => cluster === slug) ?? { cluster: slug, roles: [], extra: [] };
    const set = (change: Partial<Grant>): void =>
      onChange([...grants.filter(({ cluster }) => cluster !== slug), { ...grant, ...change }]);
    const extras = [...new Set(grant.roles.flatMap((role) => optional[role]))];
    return (
      <fieldset key={slug}>
        <legend className="field-label">{name}</legend>
        <div className="grid desk:grid-cols-2">
          {roles.map((role) => (
            <Checkbox
              key={role}
              checked={grant.roles.includes(role)}
              hint={t(`roleHint.${role}`)}
              onChange={(on) => set({ roles: toggled(grant.roles, role, on) })}
            >
              {frame(`roles.${role}`)}
            </Checkbox>
          ))}
        </div>
        {extras.length > 0 && (
          <div>
            <div className="small quiet mt-1">{t('people.extra')}</div>
            <div className="grid desk:grid-cols-2">
              {extras.map((permission) => (
                <Checkbox
                  key={permission}
                  checked={grant.extra.includes(permission)}
                  onChange={(on) => set({ extra: toggled(grant.extra, permission, on) })}
                >
                  <code>{permission}</code>
                </Checkbox>
              ))}
            </div>
          </div>
        )}
      </fieldset>
    );
  });
}
