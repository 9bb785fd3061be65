export { type ControlDoor, type ControlSettings, openControl, tokenFilePath } from './door/open-control.ts';
export { DoorError } from './door-error.ts';
export { type MetricsDoor, type MetricsSettings, openMetrics } from './metrics/door.ts';
export { renderMetrics } from './metrics/render.ts';
export { type ControlRouter, createRouter } from './router/create-router.ts';
