import type en from '../en/frame.ts';
import type { Translation } from '../translation.ts';

export default {
  roles: {
    viewer: '閲覧者',
    operator: '運用担当',
    editor: '設定編集者',
    approver: '承認者',
    admin: '管理者',
  },
  acts: {
    attach: 'ノード {node} の組み込み',
    detach: 'ノード {node} の切り離し',
    relabel: 'ノード {node} のプライマリ表示変更',
    switchover: 'ノード {node} へのスイッチオーバー',
    failover: 'ノード {node} へのフェイルオーバー',
    recover: 'ノード {node} のリカバリ',
  },
  announce: {
    node: 'ノード {node}：{health}',
    primary: 'ノード {node} がプライマリです。',
    noPrimary: 'プライマリがありません。',
  },
  palette: {
    node: 'ノード {node}',
    switchover: 'スイッチオーバー…',
    failover: 'フェイルオーバー…',
    recover: 'ノードのリカバリ…',
    parameter: 'パラメーター {name}',
  },
} satisfies Translation<typeof en>;
