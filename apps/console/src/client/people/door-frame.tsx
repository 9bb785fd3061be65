import type { ReactNode } from 'react';
import { Mark } from '../ui/mark.tsx';
import { Panel } from '../ui/panel.tsx';

/** A page before one is inside: the mark, one panel, nothing else. */
export function DoorFrame({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <main className="mx-auto flex min-h-dvh w-full max-w-[420px] flex-col gap-4 px-4 py-16">
      <div className="flex items-center gap-2">
        <Mark />
        <span className="text-lg font-semibold">pgherd</span>
      </div>
      <Panel label={title}>
        <div className="panel-part flex flex-col gap-3">
          <h1 className="text-xl font-semibold">{title}</h1>
          {children}
        </div>
      </Panel>
    </main>
  );
}
