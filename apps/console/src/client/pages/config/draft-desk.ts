/**
 * The draft that one works on: what is typed stands here at once and is saved a moment later, one save after the other. A
 * draft is begun with the first change. A save on a revision that somebody else moved on is refused; then nothing more is
 * saved until the reader has chosen what to do.
 */
export interface DraftFiles {
  'pgpool.conf': string;
  'pool_hba.conf'?: string | undefined;
}

export interface DraftFacts {
  readonly id: string;
  readonly revision: number;
  readonly title: string;
  readonly base: number | null;
  readonly author: string;
  readonly updatedAt: string;
}

export interface DraftDoor {
  create(): Promise<DraftFacts>;
  save(id: string, revision: number, files: DraftFiles): Promise<DraftFacts & { readonly files: DraftFiles }>;
  load(id: string): Promise<DraftFacts & { readonly files: DraftFiles; readonly baseFiles: DraftFiles }>;
}

export type SaveState = 'saved' | 'waiting' | 'saving' | 'moved' | 'failed';

export interface DeskState {
  readonly draft: DraftFacts | null;
  /** Null before anything is known. */
  readonly files: DraftFiles | null;
  /** What it is compared with. */
  readonly base: DraftFiles | null;
  readonly save: SaveState;
  readonly problem: string | null;
}

const SAVE_AFTER_MS = 700;

export class DraftDesk {
  state: DeskState = { draft: null, files: null, base: null, save: 'saved', problem: null };
  readonly #door: DraftDoor;
  readonly #codeOf: (error: unknown) => { readonly code: string; readonly message: string };
  readonly #afterMs: number;
  readonly #listeners = new Set<() => void>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #under: Promise<void> | null = null;

  constructor(
    door: DraftDoor,
    codeOf: (error: unknown) => { readonly code: string; readonly message: string },
    afterMs: number = SAVE_AFTER_MS,
  ) {
    this.#door = door;
    this.#codeOf = codeOf;
    this.#afterMs = afterMs;
  }

  readonly watch = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
  readonly read = (): DeskState => this.state;

  /** Typed, and not with the server yet. */
  get dirty(): boolean {
    return this.state.save !== 'saved';
  }

  /** What is wanted, while there is no draft. */
  showWanted(files: DraftFiles): void {
    if (this.state.draft !== null || this.dirty || this.#under !== null) return;
    this.#set({ files, base: files });
  }

  /** News of the draft. An older revision than ours is an echo; with something unsaved the next save finds out. */
  async load(id: string, force = false): Promise<void> {
    const known = this.state.draft;
    if (this.#under !== null || (this.dirty && !force)) return;
    const found = await this.#door.load(id);
    if (!force && (this.dirty || this.#under !== null)) return;
    const now = this.state.draft;
    if (!force && now !== null && now.id === found.id && found.revision < now.revision) return;
    if (!force && known !== null && now === null) return;
    const { files, baseFiles, ...draft } = found;
    clearTimeout(this.#timer);
    this.#set({ draft, files, base: baseFiles, save: 'saved', problem: null });
  }

  /** The draft was applied or discarded. */
  forget(wanted: DraftFiles | null): void {
    clearTimeout(this.#timer);
    this.#set({ draft: null, files: wanted, base: wanted, save: 'saved', problem: null });
  }

  edit(change: Partial<DraftFiles>): void {
    const { files, save } = this.state;
    if (files === null) return;
    this.#set({ files: { ...files, ...change }, save: save === 'moved' ? 'moved' : 'waiting', problem: null });
    if (save === 'moved') return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.flush(), this.#afterMs);
  }

  /** Saves what waits. Resolves when it is with the server, or is known not to be. */
  async flush(): Promise<boolean> {
    clearTimeout(this.#timer);
    while (this.#under !== null) await this.#under;
    const { save } = this.state;
    if (save !== 'waiting' && save !== 'failed') return save === 'saved';
    this.#under = this.#save();
    await this.#under;
    this.#under = null;
    // Typed while it was being saved.
    if ((this.state.save as SaveState) === 'waiting') {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => void this.flush(), this.#afterMs);
    }
    return (this.state.save as SaveState) === 'saved';
  }

  async #save(): Promise<void> {
    const sent = this.state.files;
    if (sent === null) return;
    this.#set({ save: 'saving', problem: null });
    try {
      const draft = this.state.draft ?? (await this.#door.create());
      if (this.state.draft === null) this.#set({ draft });
      const { files, ...saved } = await this.#door.save(draft.id, draft.revision, sent);
      const typedSince = this.state.files !== sent;
      // `base` of a save is not told; it does not change by one.
      this.#set({
        draft: { ...saved, base: draft.base },
        files: typedSince ? this.state.files : files,
        save: typedSince ? 'waiting' : 'saved',
      });
    } catch (error) {
      const { code, message } = this.#codeOf(error);
      this.#set({ save: code === 'DRAFT_MOVED' || code === 'NO_DRAFT' ? 'moved' : 'failed', problem: message });
    }
  }

  #set(change: Partial<DeskState>): void {
    this.state = { ...this.state, ...change };
    for (const listener of this.#listeners) listener();
  }
}
