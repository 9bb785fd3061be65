import { describe, expect, it } from 'vitest';
import { DraftDesk, type DraftDoor, type DraftFiles } from './draft-desk.ts';

const codeOf = (error: unknown) => ({ code: (error as { code?: string }).code ?? 'FAILED', message: String(error) });

/** A server with one draft. */
function server(files: DraftFiles) {
  const facts = { id: 'd1', revision: 1, title: '', base: 4, author: 'ada', updatedAt: '' };
  const calls: string[] = [];
  const held: { release: (() => void) | null } = { release: null };
  const door: DraftDoor = {
    create: async () => {
      calls.push('create');
      return { ...facts };
    },
    save: async (_, revision, sent) => {
      calls.push(`save ${revision}`);
      if (held.release !== null) await new Promise<void>((resolve) => (held.release = resolve));
      if (revision !== facts.revision) throw Object.assign(new Error('moved'), { code: 'DRAFT_MOVED' });
      facts.revision++;
      files = sent;
      return { ...facts, base: null, files };
    },
    load: async () => ({ ...facts, files, baseFiles: { 'pgpool.conf': 'a = 1\n' } }),
  };
  return { door, calls, facts, held, files: () => files };
}

describe('the draft desk', () => {
  it('begins a draft with the first change and saves what was typed last', async () => {
    const { door, calls, files } = server({ 'pgpool.conf': 'a = 1\n' });
    const desk = new DraftDesk(door, codeOf, 60_000);
    desk.showWanted({ 'pgpool.conf': 'a = 1\n' });
    desk.edit({ 'pgpool.conf': 'a = 2\n' });
    desk.edit({ 'pgpool.conf': 'a = 3\n' });
    expect(desk.state.files?.['pgpool.conf']).toBe('a = 3\n');
    expect(await desk.flush()).toBe(true);
    expect(calls).toEqual(['create', 'save 1']);
    expect(files()['pgpool.conf']).toBe('a = 3\n');
    expect(desk.state.draft).toMatchObject({ revision: 2, base: 4 });
  });

  it('keeps what is typed during a save, and saves it on the new revision', async () => {
    const { door, calls, held, files } = server({ 'pgpool.conf': 'a = 1\n' });
    const desk = new DraftDesk(door, codeOf, 60_000);
    desk.showWanted({ 'pgpool.conf': 'a = 1\n' });
    desk.edit({ 'pgpool.conf': 'a = 2\n' });
    held.release = () => undefined;
    const saving = desk.flush();
    await expect.poll(() => calls.length).toBe(2);
    desk.edit({ 'pgpool.conf': 'a = 5\n' });
    held.release();
    held.release = null;
    await saving;
    expect(desk.state.files?.['pgpool.conf']).toBe('a = 5\n');
    expect(await desk.flush()).toBe(true);
    expect(files()['pgpool.conf']).toBe('a = 5\n');
    expect(calls).toEqual(['create', 'save 1', 'save 2']);
  });

  it('stops saving when somebody else moved the draft on, and keeps what was typed until it is loaded again', async () => {
    const { door, facts } = server({ 'pgpool.conf': 'a = 9\n' });
    const desk = new DraftDesk(door, codeOf, 60_000);
    await desk.load('d1');
    facts.revision = 7;
    desk.edit({ 'pgpool.conf': 'a = 2\n' });
    expect(await desk.flush()).toBe(false);
    expect(desk.state).toMatchObject({ save: 'moved', files: { 'pgpool.conf': 'a = 2\n' } });
    await desk.load('d1');
    expect(desk.state.files?.['pgpool.conf']).toBe('a = 2\n');
    await desk.load('d1', true);
    expect(desk.state).toMatchObject({ save: 'saved', files: { 'pgpool.conf': 'a = 9\n' }, draft: { revision: 7 } });
  });

  it('tries again after a failure that was not about the revision', async () => {
    const { door, files } = server({ 'pgpool.conf': 'a = 1\n' });
    let broken = true;
    const desk = new DraftDesk(
      { ...door, save: (...given) => (broken ? Promise.reject(new Error('gone')) : door.save(...given)) },
      codeOf,
      60_000,
    );
    await desk.load('d1');
    desk.edit({ 'pgpool.conf': 'a = 2\n' });
    expect(await desk.flush()).toBe(false);
    expect(desk.state.save).toBe('failed');
    broken = false;
    expect(await desk.flush()).toBe(true);
    expect(files()['pgpool.conf']).toBe('a = 2\n');
  });
});
