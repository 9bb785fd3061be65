import type { Operations } from '@pgherd/operations';
import type { ControlDoor, ControlSettings, DoorLog } from './door/settings.ts';

export { type ControlDoor, type ControlSettings, tokenFilePath } from './door/settings.ts';
export { DoorError } from './door-error.ts';
export { type MetricsDoor, type MetricsSettings, openMetrics } from './metrics/door.ts';
export { renderMetrics } from './metrics/render.ts';
export type { ControlRouter } from './router/create-router.ts';

/** Loaded where it is opened: the supervisor's thread, which opens none, has no use for its libraries.
 *  @throws DoorError with the remedy */
export async function openControl(
  operations: Operations,
  settings: ControlSettings,
  log: DoorLog,
): Promise<ControlDoor> {
  const door = await import('./door/open-control.ts');
  return door.openControl(operations, settings, log);
}

/** Loads what openControl loads when it is first needed. */
export const loadControl = (): Promise<unknown> => import('./door/open-control.ts');
