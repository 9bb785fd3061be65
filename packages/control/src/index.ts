export { DoorError, type DoorSettings, type Doors, openDoors } from './doors.ts';
export { renderMetrics } from './metrics/render.ts';
