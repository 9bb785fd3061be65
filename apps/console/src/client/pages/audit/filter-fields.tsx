'use client';

import { useEffect, useState } from 'react';
import { Input } from '../../ui/input.tsx';

interface Props {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

const SETTLE_MS = 300;

/** A filter by a word: it takes effect when one stops typing. */
export function TextFilter({ label, value, onChange }: Props) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(() => onChange(text), SETTLE_MS);
    return () => clearTimeout(timer);
  }, [text, value, onChange]);
  return (
    <span className="w-36">
      <Input label={label} placeholder={label} value={text} onChange={setText} />
    </span>
  );
}

/** A day, by the browser's own calendar. */
export function DayField({ label, value, onChange }: Props) {
  return (
    <label className="flex items-center gap-2">
      <span className="small quiet">{label}</span>
      <span className="input">
        <input type="date" value={value} onChange={(event) => onChange(event.target.value)} />
      </span>
    </label>
  );
}
