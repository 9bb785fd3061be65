export const SETTINGS_TABS = ['account', 'people', 'tokens', 'clusters', 'api', 'about'] as const;
export type SettingsTab = (typeof SETTINGS_TABS)[number];
