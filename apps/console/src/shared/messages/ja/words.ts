import type en from '../en/words.ts';
import type { Translation } from '../translation.ts';

export default {
  health: {
    ok: '正常',
    degraded: '要注意',
    down: '停止',
    changing: '変更中',
    out: '計画停止',
    unknown: '不明',
  },
  configuration: {
    instep: '一致',
    pending: '再起動待ち',
    drifted: '差異あり',
    failed: '適用失敗',
  },
  role: {
    primary: 'プライマリ',
    standby: 'スタンバイ',
    standbySync: '同期スタンバイ',
    standbyAsync: '非同期スタンバイ',
    standbyQuorum: 'クォーラム同期スタンバイ',
    leader: 'リーダー',
    leaderVip: 'リーダー、VIP 保持',
    leaderVipShort: 'リーダー、VIP',
    member: 'メンバー',
    believed: '認識',
    measured: '実測',
  },
  effect: {
    sessions: '新規セッション',
    reload: '再読み込み',
    restart: '再起動',
  },
  environment: {
    production: 'PROD',
    staging: 'STAGING',
    development: 'DEV',
    test: 'TEST',
    demo: 'DEMO',
  },
  nodeName: 'ノード {id}',
  on: 'オン',
  off: 'オフ',
  since: '{time} から',
  for: '{duration}継続',
} satisfies Translation<typeof en>;
