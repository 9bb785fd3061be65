/** A door cannot be opened: one sentence with the remedy. */
export class DoorError extends Error {
  readonly code = 'DOOR_FAILED';
}
