'use client';
/**
 * What the pages of the configuration have in common, kept while one goes from one to another: the parameter table, what
 * runs, what is wanted, and the draft that one works on.
 */
import { useSearchParams } from 'next/navigation';
import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useState,
  useSyncExternalStore,
} from 'react';
import { changesBetween, type TextChange, valuesOf } from '../../../shared/config/changes.ts';
import { useMay } from '../../frame/me.tsx';
import { api, failureOf } from '../../live/api.ts';
import { useTopic } from '../../live/live.tsx';
import { type Asked, useAsk } from '../../live/use-ask.ts';
import type { Checked, ParameterTable, Running } from './answers.ts';
import { type DeskState, DraftDesk, type DraftFiles } from './draft-desk.ts';
import { byNameOf, type TableByName } from './values.ts';

export interface CheckOfText {
  readonly of: DraftFiles | null;
  readonly result: Checked | null;
  readonly atMs: number | null;
  readonly busy: boolean;
  readonly failure: string | null;
}

interface Room {
  readonly cluster: string;
  /** Below it are the pages of this cluster. */
  readonly base: string;
  readonly production: boolean;
  /** Grows when versions, drafts or what runs changed. */
  readonly stamp: number;
  /** Facts are too old to act on. */
  readonly stale: boolean;
  readonly table: Asked<ParameterTable>;
  readonly byName: TableByName;
  readonly running: Asked<Running>;
  readonly wanted: Asked<{ readonly number: number; readonly files: DraftFiles } | null>;
  readonly desk: DraftDesk;
  readonly check: CheckOfText;
  readonly runCheck: (files: DraftFiles) => void;
}

const RoomContext = createContext<Room | null>(null);

export function useRoom(): Room {
  const room = useContext(RoomContext);
  if (room === null) throw new Error('outside of ConfigRoom');
  return room;
}

export function ConfigRoom({ cluster, children }: { readonly cluster: string; readonly children: ReactNode }) {
  const { data: news } = useTopic(cluster, 'config');
  const { data: status } = useTopic(cluster, 'status');
  const stamp = news?.stamp ?? 0;
  const snapshots = status?.proxies.map((proxy) => `${proxy.connection}:${proxy.configuration.currentHash}`).join();
  const table = useAsk(`table ${cluster}`, () => api.herd.parameters.query({ cluster }));
  const running = useAsk(`running ${cluster}`, () => api.config.running.query({ cluster }), {
    stamp: `${stamp} ${snapshots}`,
  });
  const wanted = useAsk(`wanted ${cluster}`, () => api.config.wanted.query({ cluster }), { stamp });
  const drafts = useAsk(`drafts ${cluster}`, () => api.config.drafts.list.query({ cluster }), { stamp });
  const byName = useMemo<TableByName>(() => (table.data === null ? new Map() : byNameOf(table.data)), [table.data]);

  const [desk] = useState(
    () =>
      new DraftDesk(
        {
          create: () => api.config.drafts.create.mutate({ cluster, title: '' }),
          save: (id, revision, files) => api.config.drafts.save.mutate({ cluster, id, revision, files }),
          load: (id) => api.config.drafts.get.query({ cluster, id }),
        },
        failureOf,
      ),
  );
  const chosen = useSearchParams().get('draft');
  useEffect(() => {
    if (drafts.data === null || wanted.at === null) return;
    const open = drafts.data;
    const mine = desk.state.draft;
    const id =
      open.find((draft) => draft.id === chosen)?.id ?? open.find((draft) => draft.id === mine?.id)?.id ?? open[0]?.id;
    const files = wanted.data?.files ?? null;
    if (id !== undefined) void desk.load(id, mine !== null && mine.id !== id && !desk.dirty).catch(() => undefined);
    else if (mine !== null && !desk.dirty) desk.forget(files);
    else if (files !== null) desk.showWanted(files);
  }, [desk, drafts.data, wanted.data, wanted.at, chosen]);
  useEffect(() => () => void desk.flush(), [desk]);
  useEffect(() => {
    const onLeave = (event: BeforeUnloadEvent): void => {
      if (!desk.dirty) return;
      void desk.flush();
      event.preventDefault();
    };
    window.addEventListener('beforeunload', onLeave);
    return () => window.removeEventListener('beforeunload', onLeave);
  }, [desk]);

  const [check, setCheck] = useState<CheckOfText>({ of: null, result: null, atMs: null, busy: false, failure: null });
  const runCheck = useCallback(
    (files: DraftFiles): void => {
      setCheck((before) => ({ ...before, of: files, busy: true, failure: null }));
      api.config.check.query({ cluster, files }).then(
        (result) =>
          setCheck((now) =>
            now.of === files ? { of: files, result, atMs: Date.now(), busy: false, failure: null } : now,
          ),
        (error: unknown) =>
          setCheck((now) => (now.of === files ? { ...now, busy: false, failure: failureOf(error).message } : now)),
      );
    },
    [cluster],
  );
  const room = useMemo<Room>(() => {
    return {
      ...{ cluster, base: `/c/${encodeURIComponent(cluster)}`, stamp, table, byName, running, wanted, desk, check },
      ...{ production: status?.environment === 'production', stale: status?.stale ?? false, runCheck },
    };
  }, [cluster, stamp, table, byName, running, wanted, desk, check, runCheck, status?.environment, status?.stale]);
  return <RoomContext value={room}>{children}</RoomContext>;
}

export function useDesk(): DeskState {
  const { desk } = useRoom();
  return useSyncExternalStore(desk.watch, desk.read, desk.read);
}

/** The draft's changes to pgpool.conf, in the order of the text. */
export function useDraftChanges(): { readonly changes: readonly TextChange[]; readonly hbaChanged: boolean } {
  const { files, base } = useDesk();
  return useMemo(() => {
    if (files === null || base === null) return { changes: [], hbaChanged: false };
    return {
      changes: changesBetween(base['pgpool.conf'], files['pgpool.conf']),
      hbaChanged: (base['pool_hba.conf'] ?? '') !== (files['pool_hba.conf'] ?? ''),
    };
  }, [files, base]);
}

const NONE: ReadonlyMap<string, string> = new Map();

/** The values that are wanted, those of the draft where there is one, and those that it began with. */
export function useValues(): {
  readonly values: ReadonlyMap<string, string>;
  readonly before: ReadonlyMap<string, string>;
} {
  const { files, base } = useDesk();
  const text = files?.['pgpool.conf'];
  const old = base?.['pgpool.conf'];
  const values = useMemo(() => (text === undefined ? NONE : valuesOf(text)), [text]);
  const before = useMemo(() => (old === undefined ? NONE : valuesOf(old)), [old]);
  return { values, before };
}

/** Why the draft cannot be edited here and now: null = it can. `permission` comes with its name. */
export function useEditLock(): { readonly why: 'permission' | 'notImported' | 'moved' } | null {
  const { cluster, wanted } = useRoom();
  const { save, files } = useDesk();
  const may = useMay();
  if (!may('config.draft', cluster)) return { why: 'permission' };
  if (files === null && wanted.at !== null && wanted.data === null) return { why: 'notImported' };
  if (save === 'moved') return { why: 'moved' };
  return null;
}
