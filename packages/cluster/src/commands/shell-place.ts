/**
 * Where in a command of the POSIX shell one is: outside of quotes, within single or double ones. `"$(…)"` begins anew
 * inside; backquotes, `${…}` and `$'…'` have rules of their own, and are places where no foreign value is put. Pure.
 */
export type Place = 'none' | 'single' | 'double' | 'unsafe';

interface Level {
  place: Place;
  readonly until: ')' | '`' | '}' | null;
  /** Parentheses that are open within. */
  depth: number;
}

export class ShellPlace {
  private readonly levels: Level[] = [{ place: 'none', until: null, depth: 0 }];

  /** From here on it is not known where one is. */
  private lost = false;

  get place(): Place {
    return this.lost || this.levels.some((level) => level.place === 'unsafe') ? 'unsafe' : this.top.place;
  }

  private get top(): Level {
    return this.levels.at(-1) as Level;
  }

  /** Reads on. @returns how many characters belong together */
  read(text: string, at: number): number {
    const { top } = this;
    const char = text.charAt(at);
    if (top.place === 'single') {
      if (char === "'") top.place = 'none';
      return 1;
    }
    if (char === '\\') return 2;
    if (char === '`') return this.backquote(top);
    if (char === '$') return this.dollar(text.charAt(at + 1), top);
    if (char === '"') top.place = top.place === 'double' ? 'none' : top.place === 'none' ? 'double' : top.place;
    if (top.place === 'double') return 1;
    if (char === "'" && top.place === 'none') top.place = 'single';
    // `x)` of a case within $( ) would end it too early.
    if (top.until === ')' && /^case\b/.test(text.slice(at, at + 5))) this.lost = true;
    if (char === '(') top.depth++;
    if (char === ')' && top.depth > 0) top.depth--;
    else if (char === top.until) this.levels.pop();
    return 1;
  }

  private backquote(top: Level): number {
    if (top.until === '`') this.levels.pop();
    else this.levels.push({ place: 'unsafe', until: '`', depth: 0 });
    return 1;
  }

  private dollar(next: string, top: Level): number {
    if (next === '(') this.levels.push({ place: 'none', until: ')', depth: 0 });
    else if (next === '{') this.levels.push({ place: 'unsafe', until: '}', depth: 0 });
    else if (next === "'" && top.place === 'none') this.lost = true;
    else return 1;
    return 2;
  }
}
