import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CommandFacts, type CommandNode, expandCommand, UnsafePlaceError } from './expand.ts';

const node = (id: number, host = `db${id}`): CommandNode => ({
  id,
  host,
  port: 5432 + id,
  dataDirectory: `/data/${id}`,
});
const facts = (over: Partial<CommandFacts> = {}): CommandFacts => ({
  node: node(0),
  newMain: node(1),
  oldMain: 0,
  oldPrimary: node(0),
  ...over,
});

describe('placeholders', () => {
  it('are those of Pgpool-II, with its blanks', () => {
    expect(expandCommand('f.sh %d %h %p %D %m %H %M %P %r %R %N %S', facts())).toBe(
      'f.sh  0 db0  5432 /data/0  1 db1 0 0 5433 /data/1 db0 5432',
    );
    expect(expandCommand('f --node=%d 100%% %x|%', facts())).toBe('f --node= 0 100% |');
  });

  it('say -1 and two quotes where there is nobody', () => {
    expect(expandCommand('%m %H %r %R %M %P %N %S', facts({ newMain: null, oldMain: null, oldPrimary: null }))).toBe(
      ' -1 "" "" "" -1 -1 "" ""',
    );
  });

  it('leave pipes, redirects and quotes of the command alone', () => {
    expect(expandCommand(`echo "%h" '%D' | tee -a /tmp/x > /dev/null 2>&1; test "$A" = \\"%h\\"`, facts())).toBe(
      `echo "db0" '/data/0' | tee -a /tmp/x > /dev/null 2>&1; test "$A" = \\"db0\\"`,
    );
  });
});

describe('a hostile value', () => {
  const printed = (template: string, host: string): string =>
    execFileSync('/bin/sh', ['-c', expandCommand(template, facts({ node: node(0, host) }))], { encoding: 'utf8' });

  it.each(['a;touch /tmp/x', '$(id)', '`id`', 'a b', `it's`, '"', '\\', '!', '&& false', '*', '~', '#'])(
    '%j runs nothing, wherever it stands',
    (host) => {
      expect(printed('printf %%s %h', host)).toBe(host);
      expect(printed('printf %%s "%h"', host)).toBe(host);
      expect(printed("printf %%s '%h'", host)).toBe(host);
      expect(printed('printf %%s "x%h"y', host)).toBe(`x${host}y`);
    },
  );

  it.each(['a;touch /tmp/x', '$(id)', '`id`', 'a b', `it's`, '"', ')', 'x) id;'])(
    '%j is one word within $( )',
    (host) => {
      expect(printed('printf %%s "$(printf %%s %h)"', host)).toBe(host);
      expect(printed('printf %%s "$(printf %%s "%h")"', host)).toBe(host);
      expect(printed(`printf %%s "$( (printf %%s '%h') )x"`, host)).toBe(`${host}x`);
      expect(printed('x=$(printf %%s %h); printf %%s "$x %h"', host)).toBe(`${host} ${host}`);
    },
  );

  it.each([
    'echo `echo %h`',
    'echo "`echo %h`"',
    `echo "\${X:-%h}"`,
    "echo $'a\\'%h'",
    'echo "$(case x in x) echo %h;; esac)"',
  ])('is refused in %s, where an ordinary one is pasted', (template) => {
    expect(() => printed(template, 'a;id')).toThrow(UnsafePlaceError);
    expect(expandCommand(template, facts())).toContain('db0');
  });

  it('of any characters arrives as it is', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme-ascii', maxLength: 12 }),
        fc.constantFrom('%h', '"%h"', "'%h'", '"$(printf %%s "%h")"'),
        (host, place) => {
          expect(printed(`printf %%s ${place}`, host)).toBe(host);
        },
      ),
      { numRuns: 60 },
    );
  });
});
