/** Everything that people and scripts may ask of the console. What each needs stands beside it; without that nobody may. */
import { begin } from './acts/begin.ts';
import { cancel } from './acts/cancel.ts';
import { acknowledge, cancelStatements, clearCache, endSessions, reload, rotateLog } from './acts/proxy-acts.ts';
import { listAudit, verifyAudit } from './audit/audit.ts';
import { exportAudit } from './audit/export.ts';
import { router } from './base.ts';
import { apply, pushBack, run, stop } from './config/apply.ts';
import { deleteCase, listCases, saveCase } from './config/cases.ts';
import * as drafts from './config/drafts.ts';
import { adopt, drift } from './config/drift.ts';
import { accounts, running, wanted } from './config/running.ts';
import { listSecrets, setSecret } from './config/secrets.ts';
import * as versions from './config/versions.ts';
import * as questions from './herd/questions.ts';
import { snapshot, watch } from './live/watch.ts';
import { confirm } from './people/confirm.ts';
import { accept, invitation } from './people/invitation.ts';
import { me } from './people/me.ts';
import { endMySignIn, mySignIns } from './people/my-sign-ins.ts';
import { changePassword, setPreferences } from './people/preferences.ts';
import { beginSecondFactor, disableSecondFactor, enableSecondFactor } from './people/second-factor.ts';
import { signIn } from './people/sign-in.ts';
import { signOut } from './people/sign-out.ts';
import { createToken, listTokens, revokeToken } from './people/tokens.ts';
import { inviteUser, listUsers, reinviteUser, setUser } from './people/users.ts';
import { about } from './settings/about.ts';
import { addProxy, createCluster, listClusters, removeProxy, setCluster, testProxy } from './settings/clusters.ts';

export const appRouter = router({
  auth: router({
    me,
    signIn,
    signOut,
    confirm,
    invitation,
    accept,
    beginSecondFactor,
    enableSecondFactor,
    disableSecondFactor,
    setPreferences,
    changePassword,
    mySignIns,
    endMySignIn,
  }),
  people: router({ list: listUsers, invite: inviteUser, set: setUser, reinvite: reinviteUser }),
  tokens: router({ list: listTokens, create: createToken, revoke: revokeToken }),
  clusters: router({ list: listClusters, create: createCluster, set: setCluster, testProxy, addProxy, removeProxy }),
  herd: router({ ...questions }),
  act: router({ begin, cancel, reload, rotateLog, clearCache, cancelStatements, endSessions, acknowledge }),
  config: router({
    ...{ running, accounts, wanted, drift, adopt, applyDraft: apply, pushBack },
    check: drafts.check,
    versions: router({
      list: versions.list,
      get: versions.get,
      compare: versions.compare,
      importRunning: versions.importRunning,
      rollback: versions.rollback,
    }),
    drafts: router({
      list: drafts.list,
      get: drafts.get,
      create: drafts.create,
      save: drafts.save,
      discard: drafts.discard,
      rebase: drafts.rebase,
    }),
    runs: router({ get: run, stop }),
    secrets: router({ list: listSecrets, set: setSecret }),
    cases: router({ list: listCases, save: saveCase, delete: deleteCase }),
  }),
  settings: router({ about }),
  live: router({ watch, snapshot }),
  audit: router({ list: listAudit, verify: verifyAudit, export: exportAudit }),
});
export type AppRouter = typeof appRouter;
