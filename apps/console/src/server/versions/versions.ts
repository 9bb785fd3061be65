/** Versions and drafts of a cluster's configuration: made, kept, compared. What proxies do with them is the apply run's. */
import { randomUUID } from 'node:crypto';
import { changesBetween, type TextChange, withChanges } from '../../shared/config/changes.ts';
import type { Prisma } from '../data/database.ts';
import type { Keyring } from '../keys/keyring.ts';
import { refuse } from '../refusal.ts';
import { type Files, filesOf, given, textHash } from './files.ts';
import { withoutPlainSecrets } from './secrets.ts';

export type Source = 'ui' | 'api' | 'import' | 'drift' | 'rollback';

export interface Author {
  readonly id: string | null;
  readonly name: string;
}

export class Versions {
  readonly #prisma: Prisma;
  readonly #keyring: Keyring;
  readonly #clusterId: string;

  constructor(prisma: Prisma, keyring: Keyring, clusterId: string) {
    this.#prisma = prisma;
    this.#keyring = keyring;
    this.#clusterId = clusterId;
  }

  async wanted() {
    const cluster = await this.#prisma.cluster.findUnique({ where: { id: this.#clusterId } });
    const id = cluster?.wantedVersionId ?? null;
    return id === null ? null : this.#prisma.version.findUnique({ where: { id } });
  }

  /** @throws refusal NO_VERSION */
  async byNumber(number: number) {
    const found = await this.#prisma.version.findUnique({
      where: { clusterId_number: { clusterId: this.#clusterId, number } },
    });
    if (found === null) throw refuse('NOT_FOUND', 'NO_VERSION', `There is no version ${number}.`);
    return found;
  }

  list() {
    return this.#prisma.version.findMany({
      where: { clusterId: this.#clusterId },
      orderBy: { number: 'desc' },
      take: 500,
    });
  }

  /** A new immutable version. Its number is the next one. */
  async create(facts: {
    readonly files: Files;
    readonly parentId: string | null;
    readonly author: Author;
    readonly reason: string;
    readonly source: Source;
    readonly rollbackOf: number | null;
  }) {
    const clusterId = this.#clusterId;
    const { files, parentId, author, reason, source, rollbackOf } = facts;
    return this.#prisma.$transaction(async (tx) => {
      const newest = await tx.version.findFirst({ where: { clusterId }, orderBy: { number: 'desc' } });
      return tx.version.create({
        data: {
          ...{ id: randomUUID(), clusterId, number: (newest?.number ?? 0) + 1, hash: textHash(files) },
          ...{ files: JSON.stringify(given(files)), parentId, reason, source, rollbackOf },
          ...{ authorId: author.id, authorName: author.name },
        },
      });
    });
  }

  async setWanted(versionId: string): Promise<void> {
    await this.#prisma.cluster.update({ where: { id: this.#clusterId }, data: { wantedVersionId: versionId } });
  }

  /** What a version is called on a proxy, by the key that the proxy has. */
  async noteHash(versionId: string, proxyId: string, hash: string, keyId: string): Promise<void> {
    const where = { versionId_proxyId: { versionId, proxyId } };
    await this.#prisma.versionHash.upsert({
      where,
      create: { versionId, proxyId, hash, keyId },
      update: { hash, keyId },
    });
  }

  // drafts

  drafts() {
    return this.#prisma.draft.findMany({
      where: { clusterId: this.#clusterId, state: 'open' },
      orderBy: { updatedAt: 'desc' },
    });
  }

  /** @throws refusal NO_DRAFT */
  async draft(id: string) {
    const found = await this.#prisma.draft.findFirst({ where: { id, clusterId: this.#clusterId } });
    if (found === null || found.state !== 'open')
      throw refuse('NOT_FOUND', 'NO_DRAFT', 'This draft was applied or discarded.');
    return found;
  }

  /** @param files null: as the wanted version is */
  async createDraft(facts: {
    readonly title: string;
    readonly files: Files | null;
    readonly author: Author;
    readonly source: Source;
    readonly rollbackOf: number | null;
  }) {
    const base = await this.wanted();
    if (base === null && facts.files === null) {
      throw refuse(
        'PRECONDITION_FAILED',
        'NOT_IMPORTED',
        'Import the running configuration first: it becomes version 1.',
      );
    }
    const raw = facts.files ?? filesOf(base?.files ?? '{}');
    const files = await withoutPlainSecrets(this.#prisma, this.#keyring, this.#clusterId, raw, facts.author.name);
    return this.#prisma.draft.create({
      data: {
        ...{ id: randomUUID(), clusterId: this.#clusterId, baseVersionId: base?.id ?? null, title: facts.title },
        ...{ files: JSON.stringify(given(files)), changes: countOf(base?.files ?? null, files) },
        ...{
          authorId: facts.author.id,
          authorName: facts.author.name,
          source: facts.source,
          rollbackOf: facts.rollbackOf,
        },
      },
    });
  }

  /** @param revision the one that the editor has: an older one is refused with CONFLICT, and nothing is lost */
  async saveDraft(
    id: string,
    revision: number,
    change: {
      readonly files: Files | undefined;
      readonly title: string | undefined;
      readonly by: string;
      /** The version that it begins with from now on. */
      readonly baseVersionId?: string;
    },
  ) {
    const draft = await this.draft(id);
    const baseVersionId = change.baseVersionId ?? draft.baseVersionId;
    const base =
      baseVersionId === null ? null : await this.#prisma.version.findUnique({ where: { id: baseVersionId } });
    const files =
      change.files === undefined
        ? filesOf(draft.files)
        : await withoutPlainSecrets(this.#prisma, this.#keyring, this.#clusterId, change.files, change.by);
    const { count } = await this.#prisma.draft.updateMany({
      where: { id, revision, state: 'open' },
      data: {
        ...{ files: JSON.stringify(given(files)), changes: countOf(base?.files ?? null, files) },
        ...{ title: change.title ?? draft.title, revision: revision + 1, updatedAt: new Date(), baseVersionId },
      },
    });
    if (count === 0)
      throw refuse('CONFLICT', 'DRAFT_MOVED', 'Somebody else has saved this draft in the meantime. Load it again.');
    return this.draft(id);
  }

  async discardDraft(id: string): Promise<void> {
    await this.draft(id);
    await this.closeDraft(id, null);
  }

  /** @param revision the one that was looked at: a newer one stays open; null: whichever it is */
  async closeDraft(id: string, revision: number | null): Promise<void> {
    await this.#prisma.draft.updateMany({
      where: { id, clusterId: this.#clusterId, ...(revision === null ? {} : { revision }) },
      data: { state: 'closed', updatedAt: new Date() },
    });
  }

  /** What was wanted moved on since the draft was begun: null = it did not. */
  async conflict(draft: { readonly baseVersionId: string | null; readonly files: string }): Promise<Conflict | null> {
    const wanted = await this.wanted();
    if (wanted === null || wanted.id === draft.baseVersionId) return null;
    const base =
      draft.baseVersionId === null
        ? null
        : await this.#prisma.version.findUnique({ where: { id: draft.baseVersionId } });
    const baseText = base === null ? '' : filesOf(base.files)['pgpool.conf'];
    const theirs = changesBetween(baseText, filesOf(wanted.files)['pgpool.conf']);
    const ours = changesBetween(baseText, filesOf(draft.files)['pgpool.conf']);
    const both = ours
      .filter((mine) => theirs.some(({ name, to }) => name === mine.name && to !== mine.to))
      .map(({ name }) => name);
    return { baseNumber: base?.number ?? null, wantedNumber: wanted.number, theirs, both };
  }

  /** The draft's own changes on top of what is wanted now. */
  async rebase(id: string, revision: number, by: string) {
    const draft = await this.draft(id);
    const [wanted, base] = await Promise.all([
      this.wanted(),
      draft.baseVersionId === null ? null : this.#prisma.version.findUnique({ where: { id: draft.baseVersionId } }),
    ]);
    if (wanted === null) throw refuse('PRECONDITION_FAILED', 'NOT_IMPORTED', 'There is no version to go by yet.');
    const mine = filesOf(draft.files);
    const baseFiles = base === null ? { 'pgpool.conf': '' } : filesOf(base.files);
    const wantedFiles = filesOf(wanted.files);
    const text = withChanges(wantedFiles['pgpool.conf'], changesBetween(baseFiles['pgpool.conf'], mine['pgpool.conf']));
    const hbaMine = mine['pool_hba.conf'] !== baseFiles['pool_hba.conf'];
    const hba = hbaMine ? mine['pool_hba.conf'] : wantedFiles['pool_hba.conf'];
    const files = { 'pgpool.conf': text, ...(hba === undefined ? {} : { 'pool_hba.conf': hba }) };
    return this.saveDraft(id, revision, { files, title: undefined, by, baseVersionId: wanted.id });
  }
}

export interface Conflict {
  readonly baseNumber: number | null;
  readonly wantedNumber: number;
  /** What others changed since. */
  readonly theirs: readonly TextChange[];
  /** Parameters that both changed, differently. */
  readonly both: readonly string[];
}

function countOf(base: string | null, files: Files): number {
  if (base === null) return changesBetween('', files['pgpool.conf']).length;
  const before = filesOf(base);
  const hba = (before['pool_hba.conf'] ?? '') === (files['pool_hba.conf'] ?? '') ? 0 : 1;
  return changesBetween(before['pgpool.conf'], files['pgpool.conf']).length + hba;
}
