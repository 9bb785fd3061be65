export { type ControlDoor, type ControlSettings, openControl, tokenFilePath } from './door/open-control.ts';
export { DoorError } from './door-error.ts';
export { type DoorSettings, type Doors, openDoors } from './doors.ts';
export { renderMetrics } from './metrics/render.ts';
export { type ControlRouter, createRouter } from './router/create-router.ts';
