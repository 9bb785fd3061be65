import type en from '../en/herd.ts';
import type { Translation } from '../translation.ts';

export default {
  forbidden: '表示する権限がありません',
  lastKnown: '最後に確認した状態',
  readOnly: 'このコンソールは読み取り専用です。',
  reload: '再取得',
  act: {
    attachOpen: 'ノード {node} を組み込む…',
    attach: 'ノード {node} を組み込む',
    attachEffect: 'すぐにサービスへ戻り、重みに応じて読み取りを受けます。',
    detachOpen: 'ノード {node} を切り離す…',
    detach: 'ノード {node} を切り離す',
    recover: 'ノード {node} をリカバリ…',
    switchover: 'ノード {node} へスイッチオーバー…',
    failover: 'ノード {node} へフェイルオーバー…',
    relabelOpen: 'ノード {node} をプライマリとみなす…',
    relabel: 'ノード {node} をプライマリとみなす',
    expert: '熟練者向け',
    expertText:
      'このサーバーがすでに昇格済みであることをプロキシへ伝える操作です。PostgreSQL の昇格は行いません。スタンバイのままのサーバーに対して実行すると、書き込みはすべて失敗します。',
    addNode: 'ノードを追加…',
    begun: '開始しました：{act}',
    follow: '進行を表示',
  },
  dead: {
    attached: '組み込み済みです。',
    detached: 'すでに切り離されています。',
    replaced: '別のノードがプライマリを引き継ぎました。リカバリでのみ復帰できます。',
    silent: 'PostgreSQL が応答しません。',
    isPrimary: 'プライマリです。',
    isOut: '切り離されています。',
    noPrimary: '追従できるプライマリがありません。',
    notStandby: 'スタンバイとして実測されていません。',
    unused: '使用されていません。',
    running: '別の操作を実行中です。',
  },
  detach: {
    aboutPrimary:
      'プライマリです。停止した場合と同じようにフェイルオーバーが起こり、複製前の書き込みが失われることがあります。スイッチオーバーなら失われません。',
    about: '再び組み込まれるまで文は送られません。PostgreSQL は動き続けます。',
    state: 'ノード {node}',
    before: '組み込み済み',
    after: '切り離し',
    primaryBefore: 'プライマリ',
    gracefully: 'クライアントの終了を待つ',
    gracefullyHint: '新しいクライアントは待たせ、接続中のクライアントは最長 recovery_timeout まで処理を続けられます。',
    sessions:
      '{count, plural, =0 {現在このノードに接続しているセッションはありません。} other {現在 # セッションがこのノードに接続しています。}}',
    asking: 'プロキシに影響を問い合わせています…',
    failed: '現状では実行できません：',
  },
  relabelDialog: {
    primary: 'プロキシが認識するプライマリ',
    none: 'なし',
    about: 'どのサーバーにも変更を加えません。このノードの PostgreSQL が別の手段で昇格済みの場合にだけ使います。',
  },
  back: {
    title: 'ノード {node} の復帰',
    attach: 'PostgreSQL は応答していますが、プロキシが切り離しています。組み込んでください',
    recover: 'PostgreSQL は応答していますが、プロキシが切り離しています。リカバリしてください',
    start: 'PostgreSQL が応答しません。先にサーバーを起動するか、ノードをリカバリしてください',
    because: {
      receives:
        'ノード {primary} からタイムライン {timeline} で受信しています。欠けているデータはなく、使用を再開するだけです。',
      notReceiving: 'プライマリから受信していません。このまま組み込むと古いデータを返します。',
      replaced: '元プライマリで、別のノードが引き継いでいます。単独で書き込んだ内容を先に取り消す必要があります。',
      secondPrimary: 'このノードもプライマリを名乗っています。プライマリが 2 つあるとデータが分岐します。',
      otherSystem: 'システム識別子がプライマリと異なり、別のデータベースクラスターに属しています。',
      otherTimeline: 'タイムラインは {timeline}、プライマリは {primaryTimeline} です。履歴が分岐しています。',
      silent: 'サーバーを起動できない場合は、リカバリでデータを複製し直します。',
      noPrimary: '比較できるプライマリがありません。使用する前に状態を確かめてください。',
    },
    since: '{time} に {by} が切り離しました。',
    lastGood: '最後のヘルスチェック成功は {time} です。',
  },
} satisfies Translation<typeof en>;
