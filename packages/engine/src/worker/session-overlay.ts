import { type SessionValues, type Settings, sessionSettings } from '@pgherd/config';
import type { Session, SessionOverlay } from '../frontend/session.ts';
import type { Level, Logger } from '../log/logger.ts';
import { messageObserver } from '../log/observer.ts';
import type { Herd } from '../log/watch.ts';

/** Makes a session go by values of its own, or, without any, by the configuration again. Also when that has changed. */
export function applyOverlay(
  session: Session,
  configured: Settings,
  values: SessionValues,
  log: Logger,
  herd: Herd,
): void {
  const before = session.observer;
  session.overlay = Object.keys(values).length === 0 ? null : overlay(configured, values, log, herd);
  const { observer } = session;
  if (observer !== before) observer?.follow(session, before);
}

function overlay(configured: Settings, values: SessionValues, log: Logger, herd: Herd): SessionOverlay {
  const settings = sessionSettings(configured, values);
  const own = log.under({
    minLevel: settings.log_min_messages as Level,
    verbosity: settings.log_error_verbosity,
  });
  return { values, settings, log: own, observer: messageObserver(settings, own, herd) };
}
