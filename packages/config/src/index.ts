export * from './checks/not-yet.ts';
export * from './hba/index.ts';
export { ConfDocument, quoteValue, type SettingPart } from './parse/document.ts';
export type { ConfigInput, Places } from './parse/input.ts';
export { type ConfigIssue, formatIssue } from './parse/issue.ts';
export { type ConfigResult, type LoadResult, loadConfig, parseConfig } from './parse/parse.ts';
export { type PatternResult, translateListPattern, translatePattern } from './parse/pattern.ts';
export * from './passwd/index.ts';
export { applyReload, diffSettings, formatBackendFlags, type SettingChange } from './settings/reload.ts';
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
export * from './table/index.ts';
