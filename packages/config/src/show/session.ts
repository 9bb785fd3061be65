import type { Settings } from '../settings/settings.ts';
import { findParameter, isScalarName, lookUpName, parseValue } from '../table/index.ts';
import { showError } from './show.ts';

export type SessionSetResult =
  | { readonly ok: true; readonly settings: Settings }
  | { readonly ok: false; readonly message: string };

/** `PGPOOL SET name TO value`, for one session's own settings. `value` null is `TO DEFAULT` and `PGPOOL RESET`: back to
 *  what `configured` says. */
export function setInSession(
  session: Settings,
  configured: Settings,
  name: string,
  value: string | null,
): SessionSetResult {
  const found = lookUpName(name);
  if (found.kind !== 'known') return { ok: false, message: showError(name) };
  const canonical = findParameter(found.parameter.aliasOf ?? '')?.name ?? found.parameter.name;
  if (found.parameter.context !== 'session' || found.index !== null || !isScalarName(canonical)) {
    return { ok: false, message: `invalid Context, value for parameter "${name}" cannot be changed` };
  }
  if (value === null) return { ok: true, settings: Object.freeze({ ...session, [canonical]: configured[canonical] }) };
  const parsed = parseValue(found.parameter, value);
  if (!parsed.ok) {
    const given = value.length > 80 ? `${value.slice(0, 80)}…` : value;
    return { ok: false, message: `"${given}" for parameter "${name}" ${parsed.message} (allowed: ${parsed.allowed})` };
  }
  return { ok: true, settings: Object.freeze({ ...session, [canonical]: parsed.value }) };
}
