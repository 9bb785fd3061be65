import { expect, it } from 'vitest';
import { type ConfirmGate, refusalOf } from './confirm-act.ts';

const gate: ConfirmGate = {
  tier: 2,
  production: true,
  objectName: 'node 2',
  typedName: '',
  reason: '',
  signedIn: false,
  factsLocked: false,
};

it.each<[string, Partial<ConfirmGate>, ReturnType<typeof refusalOf>]>([
  ['tier 2 asks for nothing', {}, null],
  ['no tier acts on facts that are too old', { factsLocked: true }, 'stale'],
  ['tier 3 needs a reason', { tier: 3, typedName: 'node 2' }, 'reasonNeeded'],
  ['a reason of spaces is none', { tier: 3, typedName: 'node 2', reason: '  ' }, 'reasonNeeded'],
  ['tier 3 in production needs the name', { tier: 3, reason: 'x', typedName: 'node 1' }, 'nameDiffers'],
  ['tier 3 outside production does not', { tier: 3, reason: 'x', production: false }, null],
  ['tier 4 needs the name everywhere', { tier: 4, reason: 'x', production: false, signedIn: true }, 'nameDiffers'],
  ['tier 4 needs a fresh sign-in', { tier: 4, reason: 'x', typedName: 'node 2' }, 'signInNeeded'],
  ['tier 4 with all of it', { tier: 4, reason: 'x', typedName: ' node 2 ', signedIn: true }, null],
])('%s', (_, change, refusal) => expect(refusalOf({ ...gate, ...change })).toBe(refusal));
