export {
  type Advice,
  type AdviceCode,
  type AdviceExtras,
  type ConnectionNeed,
  configAdvice,
  connectionsPerServer,
} from './advice/advice.ts';
export * from './checks/not-yet.ts';
export * from './hba/index.ts';
export { ConfDocument, quoteValue, type SettingPart } from './parse/document.ts';
export type { ConfigInput, Places } from './parse/input.ts';
export { type ConfigIssue, formatIssue } from './parse/issue.ts';
export {
  type ListResult,
  type ObjectRelationship,
  parseObjectRelationships,
  parseRedirectList,
  type Redirect,
  type RelatedObject,
  translatePatternList,
} from './parse/lists.ts';
export { type ConfigResult, type LoadResult, loadConfig, parseConfig } from './parse/parse.ts';
export { type PatternResult, translateListPattern, translatePattern } from './parse/pattern.ts';
export * from './passwd/index.ts';
export {
  applyReload,
  diffSettings,
  formatBackendFlags,
  namedValues,
  type SettingChange,
} from './settings/reload.ts';
export {
  type BackendFlags,
  type BackendSettings,
  backendOf,
  defaults,
  type HealthCheckSettings,
  type HeartbeatSettings,
  healthCheckOf,
  type Settings,
  type WatchdogNodeSettings,
  weightShares,
} from './settings/settings.ts';
export { type SessionSetResult, type SessionValues, sessionSettings, setInSession } from './show/session.ts';
export { firstSentence, type ShowRow, showError, showLayout, showRows } from './show/show.ts';
export * from './table/index.ts';
