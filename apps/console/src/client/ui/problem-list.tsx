import type { ReactNode } from 'react';
import { Glyph } from './glyph.tsx';
import { SEVERITY, type StatusKind } from './status.ts';
import { useStatusWord } from './use-status-word.ts';

export interface Problem {
  readonly id: string;
  readonly kind: StatusKind;
  /** The sentence: "Node 2 is 4.8 s behind the primary". */
  readonly title: string;
  /** The cause, or what it means. */
  readonly cause?: ReactNode;
  /** The rule that produced it and since when. */
  readonly why?: ReactNode;
  /** What helps: one button or link. */
  readonly act?: ReactNode;
}

/** The loudest first; among equals as given. */
export const bySeverity = (problems: readonly Problem[]): readonly Problem[] =>
  problems.toSorted((a, b) => SEVERITY[b.kind] - SEVERITY[a.kind]);

export function ProblemList({ problems }: { readonly problems: readonly Problem[] }) {
  const word = useStatusWord();
  return (
    <ol>
      {bySeverity(problems).map((problem) => (
        <li key={problem.id} className="problem">
          <Glyph kind={problem.kind} />
          <div>
            <h3>{problem.title}</h3>
            {problem.cause !== undefined && <p className="muted">{problem.cause}</p>}
            <p className="problem-why">
              {word(problem.kind)}
              {problem.why !== undefined && <> · {problem.why}</>}
            </p>
          </div>
          {problem.act !== undefined && <div className="problem-act">{problem.act}</div>}
        </li>
      ))}
    </ol>
  );
}
