export { type HbaConnection, type HbaEnvironment, matchHba } from './match.ts';
export { type HbaInput, type HbaResult, parseHba } from './parse.ts';
export type { HbaAddress, HbaMethod, HbaName, HbaRule, HbaType } from './rule.ts';
