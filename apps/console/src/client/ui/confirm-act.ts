/** What a confirmation needs to know, and whether it may be given. Without a browser. */
export interface ConfirmGate {
  /** 2 dialog; 3 a reason, and in production the name; 4 as 3, the measured loss, and a fresh sign-in. */
  readonly tier: 2 | 3 | 4;
  readonly production: boolean;
  /** The server wants a reason, or the name, also where the tier alone would not. */
  readonly reasonNeeded?: boolean;
  readonly nameNeeded?: boolean;
  /** The name to be typed, where one has to be. */
  readonly objectName: string;
  readonly typedName: string;
  readonly reason: string;
  /** Tier 4: the operator has signed in anew. */
  readonly signedIn: boolean;
  readonly factsLocked: boolean;
}

export type Refusal = 'stale' | 'reasonNeeded' | 'nameDiffers' | 'signInNeeded';

type Tier = Pick<ConfirmGate, 'tier' | 'production' | 'reasonNeeded' | 'nameNeeded'>;

export const needsReason = (gate: Tier): boolean => gate.tier >= 3 || gate.reasonNeeded === true;
export const needsName = (gate: Tier): boolean =>
  gate.nameNeeded === true || gate.tier === 4 || (gate.tier === 3 && gate.production);

/** Why the act may not be confirmed yet: the first thing to do, or null. */
export function refusalOf(gate: ConfirmGate): Refusal | null {
  if (gate.factsLocked) return 'stale';
  if (needsReason(gate) && gate.reason.trim() === '') return 'reasonNeeded';
  if (needsName(gate) && gate.typedName.trim() !== gate.objectName) return 'nameDiffers';
  if (gate.tier === 4 && !gate.signedIn) return 'signInNeeded';
  return null;
}
