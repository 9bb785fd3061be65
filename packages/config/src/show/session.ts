import type { Settings } from '../settings/settings.ts';
import { findParameter, isScalarName, lookUpName, parseValue } from '../table/index.ts';
import { showError } from './show.ts';

/** What one session has set for itself, by parameter name. */
export type SessionValues = Readonly<Partial<Settings>>;

export type SessionSetResult =
  | { readonly ok: true; readonly values: SessionValues }
  | {
      readonly ok: false;
      readonly reason: 'unknown name' | 'not for a session' | 'bad value';
      readonly message: string;
    };

/** `PGPOOL SET name TO value`. `value` null is `TO DEFAULT` and `PGPOOL RESET`: back to what the configuration says. */
export function setInSession(values: SessionValues, name: string, value: string | null): SessionSetResult {
  const found = lookUpName(name);
  if (found.kind !== 'known') return { ok: false, reason: 'unknown name', message: showError(name) };
  const canonical = findParameter(found.parameter.aliasOf ?? '')?.name ?? found.parameter.name;
  if (found.parameter.context !== 'session' || found.index !== null || !isScalarName(canonical)) {
    const message = `invalid Context, value for parameter "${name}" cannot be changed`;
    return { ok: false, reason: 'not for a session', message };
  }
  if (value === null) {
    const { [canonical]: _gone, ...others } = values;
    return { ok: true, values: others };
  }
  const parsed = parseValue(found.parameter, value);
  if (parsed.ok) return { ok: true, values: { ...values, [canonical]: parsed.value } };
  const given = value.length > 80 ? `${value.slice(0, 80)}…` : value;
  const message = `"${given}" for parameter "${name}" ${parsed.message} (allowed: ${parsed.allowed})`;
  return { ok: false, reason: 'bad value', message };
}

/** The settings that a session goes by. */
export function sessionSettings(configured: Settings, values: SessionValues): Settings {
  return Object.freeze({ ...configured, ...values });
}
