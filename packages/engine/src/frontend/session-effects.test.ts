import { afterAll, describe, expect, it } from 'vitest';
import { judge } from '../routing/judge.ts';
import { FactsMaker, rulesOf } from '../routing/testing/routing-facts.ts';
import { Exchange } from './exchange.ts';
import { PreparedStatements } from './prepared.ts';
import type { RouterHost } from './router-host.ts';
import { applyEffects, type EffectTargets } from './session-effects.ts';
import { SettingsLog } from './settings-log.ts';

const facts = new FactsMaker();
afterAll(() => facts.close());
const IDLE = 0x49;
const OPEN = 0x54;

class Session implements EffectTargets {
  readonly settings = new SettingsLog();
  readonly statements = new PreparedStatements();
  readonly scopeKey = '';
  readonly generation = 0;
  catalogTouched = false;
  catalogChanged = false;
  doubts = 0;
  told: string | null = null;
  catalogChanges = 0;
  /** What might have changed the catalog is forgotten at once. */
  atOnce = true;

  doubtNames(): void {
    this.doubts++;
  }

  settingsUnknown(why: string): void {
    this.told = why;
  }

  async run(sql: string, status = IDLE): Promise<void> {
    const exchange = new Exchange();
    exchange.add(judge(await facts.of(sql), rulesOf()), sql);
    const host = {
      catalogChanged: () => this.catalogChanges++,
      catalogMayHaveChanged: () => this.atOnce,
    } as unknown as RouterHost;
    applyEffects(this, host, exchange, true, status, status);
  }
}

async function kept(...texts: string[]): Promise<string[]> {
  const session = new Session();
  for (const text of texts) await session.run(text);
  return session.settings.since(0);
}

describe('several SETs in one text', () => {
  it('replace those before them that set the same, or a part of it', async () => {
    const last = "SET app.u = 'x'; SET app.t = '2'";
    expect(await kept("SET app.t = '1'; SET app.u = 'x'", "SET app.t = '0'", last)).toEqual([last]);
    const more = "SET app.t = '1'; SET app.u = 'x'; SET app.v = 'y'";
    expect(await kept(more, last)).toEqual([more, last]);
  });

  it('do not count what they set for the transaction only', async () => {
    const both = "SET app.t = '1'; SET app.u = '1'";
    const one = "SET app.t = '2'; SET LOCAL app.u = '2'";
    expect(await kept(both, one)).toEqual([both, one]);
  });
});

describe('settings of several parts', () => {
  it('DateStyle: the last of each part is kept', async () => {
    const three = ['SET datestyle = ISO, DMY', 'SET datestyle = SQL', 'SET datestyle = mdy'];
    expect(await kept(...three, ...three.slice(1))).toEqual(three);
    expect(await kept('SET datestyle = SQL', 'SET datestyle = mdy', "SET datestyle = 'ISO, DMY'")).toEqual([
      "SET datestyle = 'ISO, DMY'",
    ]);
    expect(await kept('SET datestyle = SQL', 'SET datestyle = mdy', 'RESET datestyle')).toEqual(['RESET datestyle']);
  });

  it('characteristics: the last of each', async () => {
    const readOnly = 'SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY';
    const readWrite = 'SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE';
    const serializable = 'SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE';
    expect(await kept(readOnly, serializable, readWrite)).toEqual([serializable, readWrite]);
  });
});

it('more settings than are kept: the session hears of it', async () => {
  const session = new Session();
  await session.run(`SET LOCAL app.t = '${'x'.repeat(70_000)}'`, OPEN);
  expect(session.told).not.toBeNull();
  expect(session.settings.known).toBe(false);
});

describe('what is known of names', () => {
  it('is forgotten by all when the catalog changes, but not for what is temporary', async () => {
    const session = new Session();
    await session.run('CREATE TEMP TABLE x (a int)');
    expect(session.catalogChanges).toBe(0);
    await session.run('CREATE TABLE x (a int)');
    expect(session.catalogChanges).toBe(1);
    await session.run('DO $$BEGIN END$$', OPEN);
    await session.run('CREATE TABLE y (a int)', OPEN);
    expect(session.catalogChanges).toBe(1);
    await session.run('CALL p()');
    expect(session.catalogChanges).toBe(2);
    expect(session.catalogTouched).toBe(false);
  });

  it('is in doubt for a session whose DO is not taken up at once', async () => {
    const session = new Session();
    await session.run('DO $$BEGIN END$$');
    expect(session.doubts).toBe(0);
    session.atOnce = false;
    await session.run('CALL p()');
    expect(session.doubts).toBe(1);
    expect(session.catalogChanges).toBe(0);
  });
});
