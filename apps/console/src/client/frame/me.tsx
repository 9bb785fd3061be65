'use client';

import { createContext, useContext } from 'react';
import type { Me } from '../../server/rpc/people/me.ts';
import type { Permission } from '../../shared/permissions.ts';

const MeContext = createContext<Me | null>(null);
export const MeProvider = MeContext;

/** Who is signed in, as of the page's load; the server decides anew each time. */
export function useMe(): Me {
  const me = useContext(MeContext);
  if (me === null) throw new Error('outside of MeProvider');
  return me;
}

/** Whether a permission is held on a cluster (null: anywhere). To show what is dead, and why. */
export function useMay(): (permission: Permission, cluster: string | null) => boolean {
  const me = useMe();
  return (permission, cluster) => {
    if (cluster === null) return me.permissions.includes(permission);
    return me.clusters.find(({ slug }) => slug === cluster)?.permissions.includes(permission) ?? false;
  };
}
